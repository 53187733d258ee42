// Tells in the API whether the container engine answers: the Node's Ready condition and an Event, as a cluster's node controller would. It mends nothing.
import type { CoreCondition, Node } from "../apis/core/types.ts";
import { keyOf } from "../apis/kinds.ts";
import type { Clock } from "../base/clock.ts";
import { timeText } from "../base/time.ts";
import type { EventRecorder } from "../control-plane/controller/event-recorder.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { NODE_NAME } from "./cluster-objects.ts";

export type EngineState = "unreachable" | "reachable";

const AWAY =
  "the container engine does not answer: nothing can be started, probed by command or stopped until it is back; start it again, or end knap";
const BACK = "the container engine answers again";

/** What the kubelet calls when the engine goes or comes back. */
export function makeEngineReport(options: {
  readonly store: ObjectStore;
  readonly recorder: EventRecorder;
  readonly clock: Pick<Clock, "now">;
}): (state: EngineState) => void {
  const { store, recorder, clock } = options;
  return (state) => {
    const node = store.get("Node", "", NODE_NAME);
    if (!node) return;
    const ready = state === "reachable";
    const condition: CoreCondition = {
      type: "Ready",
      status: ready ? "True" : "False",
      reason: ready ? "KubeletReady" : "KubeletNotReady",
      message: ready ? "kubelet is posting ready status" : AWAY,
      lastTransitionTime: timeText(clock.now()),
    };
    store.writeStatus(keyOf(node), { ...node.status, conditions: [...others(node), condition] });
    const note = ready
      ? ({ type: "Normal", reason: "NodeReady", message: BACK } as const)
      : ({ type: "Warning", reason: "NodeNotReady", message: AWAY } as const);
    recorder.record(node, note, "kubelet");
  };
}

function others({ status }: Node): readonly CoreCondition[] {
  return (status?.conditions ?? []).filter(({ type }) => type !== "Ready");
}
