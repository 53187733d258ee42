// Reports whether the container engine is reachable and has disk space, by conditions and Events of the Node. It evicts
// no pods.
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

const UNREACHABLE =
  "the container engine does not answer, so no container can be started, probed by command or stopped; restart the engine, or stop knap";
const REACHABLE = "the container engine answers again";
const DISK_FREE = "the disk has free space again";

interface ReportOptions {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, "now">;
}

/** Returns the function that the kubelet calls when the engine becomes unreachable or reachable. */
export function makeEngineReport(options: ReportOptions): (state: EngineState) => void {
  return (state) => {
    const ready = state === "reachable";
    const condition: CoreCondition = ready
      ? { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" }
      : { type: "Ready", status: "False", reason: "KubeletNotReady", message: UNREACHABLE };
    const note = ready
      ? ({ type: "Normal", reason: "NodeReady", message: REACHABLE } as const)
      : ({ type: "Warning", reason: "NodeNotReady", message: UNREACHABLE } as const);
    report(options, condition, note);
  };
}

/** Returns a function that the runtime calls after every write. The function reports only changes. */
export function makeDiskReport(options: ReportOptions): (state: DiskState) => void {
  let isFull = false;
  return (state) => {
    if (isFull === (state !== "free")) return;
    isFull = state !== "free";
    if (state === "free")
      report(options, NO_DISK_PRESSURE, { type: "Normal", reason: "NodeHasNoDiskPressure", message: DISK_FREE });
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
  const conditions = (node.status?.conditions ?? []).map((known) => (known.type === condition.type ? changed : known));
  store.writeStatus(keyOf(node), { ...node.status, conditions });
  new EventRecorder(store, clock).record(node, note, "kubelet");
}
