// Makes the clocks of one session, and records in the store when the machine's clock was set.
import type { Clock, Time } from "../base/clock.ts";
import { Emitter } from "../base/emitter.ts";
import { formatDuration } from "../base/go/duration.ts";
import { monotonicClock } from "../base/monotonic-clock.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { VirtualClock } from "../base/virtual-clock.ts";
import { WallClock } from "../base/wall-clock.ts";
import { EventRecorder } from "../control-plane/controller/event-recorder.ts";
import type { EventNote } from "../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { NODE_NAME } from "../node/agent/node-object.ts";
import type { EmulatorOptions } from "./options.ts";

export interface SessionClocks {
  /** The clock of objects, reconcilers and autoscaler. */
  readonly objects: Clock;
  /** The clock of request statistics. A change of the machine's clock must not distort their averages. */
  readonly stats: Clock;
  /** The same as `objects` with `--clock virtual`. */
  readonly virtual?: VirtualClock;
  /** See `World.awakeSince`. */
  readonly awakeSince: () => Time;
  /** Moves the clock of objects at once, as if the machine's clock was set. Virtual time cannot go back. */
  readonly jump: (byMs: number) => Result<undefined>;
  /** Reports by how many ms the machine's clock was set. Never with `--clock virtual`. */
  readonly onSet: Emitter<number>["subscribe"];
}

/** `wall`: the machine's clock. */
export function makeSessionClocks(
  { clock, log }: Pick<EmulatorOptions, "clock" | "log">,
  wall: () => Time = Date.now,
): SessionClocks {
  const changes = new Emitter<number>();
  if (clock === "virtual") {
    const virtual = new VirtualClock(wall());
    const jump: SessionClocks["jump"] = (byMs) => {
      if (byMs < 0) return failed("virtual time cannot go back");
      virtual.jump(byMs);
      return ok(undefined);
    };
    return { objects: virtual, stats: virtual, virtual, awakeSince: () => 0, jump, onSet: changes.subscribe };
  }
  let jumpedMs = 0;
  const machine = (): Time => wall() + jumpedMs;
  const objects = new WallClock({ wall: machine, monotonic: monotonicClock, onSet: (byMs) => changes.emit(byMs) });
  changes.subscribe((byMs) => log.info("the machine's clock was set", { byMs }));
  const jump: SessionClocks["jump"] = (byMs) => {
    jumpedMs += byMs;
    objects.now();
    return ok(undefined);
  };
  return { objects, stats: monotonicClock, awakeSince: () => objects.awakeSince, jump, onSet: changes.subscribe };
}

/** Records an Event of the Node each time the machine's clock is set. */
export function recordClockChanges({ objects, onSet }: SessionClocks, store: ObjectStore): void {
  onSet((byMs) => {
    // The clock notices the change when it is read, which may be during a store write.
    setImmediate(() => {
      const node = store.get("Node", "", NODE_NAME);
      if (node) new EventRecorder(store, objects).record(node, clockNote(byMs), "kubelet");
    });
  });
}

function clockNote(byMs: number): EventNote {
  const amount = formatDuration(BigInt(Math.round(Math.abs(byMs) / 1000)) * 1_000_000_000n);
  const message =
    byMs > 0
      ? `the machine's clock went forward by ${amount} (it was set, or the machine slept): object times follow it, and requests that wait for a pod keep waiting`
      : `the machine's clock was set back by ${amount}: object times continue evenly until it has caught up`;
  return { type: "Normal", reason: "ClockSet", message };
}
