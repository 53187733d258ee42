// The clocks of one session: whose time is whose, and what is said when the machine's clock is set. It waits for nothing.
import type { Clock, Time } from "../base/clock.ts";
import { formatDuration } from "../base/go/duration.ts";
import { steadyClock } from "../base/steady-clock.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { WallClock } from "../base/wall-clock.ts";
import { EventRecorder } from "../control-plane/controller/event-recorder.ts";
import type { EventNote } from "../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { NODE_NAME } from "../node/agent/node-object.ts";
import type { EmulatorOptions } from "./options.ts";

export interface SessionClocks {
  /** Of objects, planners and autoscaler. */
  readonly objects: Clock;
  /** Of request statistics: averages over a second that no jump may stretch. */
  readonly stats: Clock;
  /** The same as `objects` with `--clock virtual`. */
  readonly virtual?: VirtualClock;
  /** See `World.awakeSince`. */
  readonly awakeSince: () => Time;
}

/** `store`: where the Node is, for an Event about it. `wall`: what the machine says that it is. */
export function makeSessionClocks(
  { clock, log }: Pick<EmulatorOptions, "clock" | "log">,
  store: () => ObjectStore,
  wall: () => Time = Date.now,
): SessionClocks {
  if (clock === "virtual") {
    const virtual = new VirtualClock(wall());
    return { objects: virtual, stats: virtual, virtual, awakeSince: () => 0 };
  }
  const objects = new WallClock({
    wall,
    steady: steadyClock,
    onSet: (byMs) => {
      log.info("the machine's clock was set", { byMs });
      // The reading that found it may be made in the midst of a write.
      setImmediate(() => {
        const node = store().get("Node", "", NODE_NAME);
        if (node) new EventRecorder(store(), objects).record(node, clockNote(byMs), "kubelet");
      });
    },
  });
  return { objects, stats: steadyClock, awakeSince: () => objects.awakeSince };
}

/** The machine's clock was set by so much. */
function clockNote(byMs: number): EventNote {
  const much = formatDuration(BigInt(Math.round(Math.abs(byMs) / 1000)) * 1_000_000_000n);
  const message =
    byMs > 0
      ? `the machine's clock went forward by ${much} (it slept, or was set): times here follow it, and what was waiting for a pod waits on`
      : `the machine's clock was set back by ${much}: times here go on evenly until it has caught up`;
  return { type: "Normal", reason: "ClockSet", message };
}
