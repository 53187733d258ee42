// Tells in the API whether the container engine answers and has room: the Node's Ready and DiskPressure conditions and Events, as a cluster's node would. It mends nothing and evicts nobody.
import type { CoreCondition } from "../../apis/core/types.ts";
import { keyOf } from "../../apis/meta/key.ts";
import type { Clock } from "../../base/clock.ts";
import { timeText } from "../../base/time.ts";
import { EventRecorder } from "../../control-plane/controller/event-recorder.ts";
import type { EventNote } from "../../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { DiskState } from "../runtime/disk-watch.ts";
import { NO_DISK_PRESSURE, NODE_NAME } from "./node-object.ts";

export type EngineState = "unreachable" | "reachable";

const AWAY =
  "the container engine does not answer: nothing can be started, probed by command or stopped until it is back; start it again, or end knap";
const ROOM = "there is room on the disk again";
const BACK = "the container engine answers again";

interface ReportOptions {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, "now">;
}

/** What the kubelet calls when the engine goes or comes back. */
export function makeEngineReport(options: ReportOptions): (state: EngineState) => void {
  return (state) => {
    const ready = state === "reachable";
    const condition: CoreCondition = ready
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: AWAY };
    const note = ready
      ? ({ type: "Normal", reason: "NodeReady", message: BACK } as const)
      : ({ type: "Warning", reason: "NodeNotReady", message: AWAY } as const);
    report(options, condition, note);
  };
}

/** What is called after every attempt to write: only a change is told. */
export function makeDiskReport(options: ReportOptions): (state: DiskState) => void {
  let isFull = false;
  return (state) => {
    if (isFull === (state !== "room")) return;
    isFull = state !== "room";
    if (state === "room")
      report(options, NO_DISK_PRESSURE, { type: "Normal", reason: "NodeHasNoDiskPressure", message: ROOM });
    else {
      const { full: message } = state;
      const note = { type: "Warning", reason: "NodeHasDiskPressure", message } as const;
      report(options, { type: "DiskPressure", status: "True", reason: "KubeletHasDiskPressure", message }, note);
    }
  };
}

function report({ store, clock }: ReportOptions, condition: CoreCondition, note: EventNote): void {
  const node = store.get("Node", "", NODE_NAME);
  if (!node) return;
  const changed = { ...condition, lastTransitionTime: timeText(clock.now()) };
  const conditions = (node.status?.conditions ?? []).map((one) => (one.type === condition.type ? changed : one));
  store.writeStatus(keyOf(node), { ...node.status, conditions });
  new EventRecorder(store, clock).record(node, note, "kubelet");
}
