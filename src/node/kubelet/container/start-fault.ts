// Makes one start of a container slow, or ends it.
import type { StartFault } from "../fault-port.ts";
import type { NodeParts } from "../node-parts.ts";
import type { WatchedStart } from "../pod/pod-events.ts";
import { crashContainer } from "./injected-crash.ts";

/** Returns the start as its monitors see it: its ports cannot be reached before the delay is over. */
export function withStartFault(
  parts: Pick<NodeParts, "runtime" | "nodeClock">,
  start: WatchedStart,
  { delayMs, crash }: StartFault,
): WatchedStart {
  const { nodeClock: clock } = parts;
  const now = clock.now();
  // The pod must know its monitors before they report.
  if (crash) clock.at(now, () => crashContainer(parts, start, crash));
  const { addressOf } = start;
  return { ...start, addressOf: (port) => (clock.now() < now + delayMs ? undefined : addressOf(port)) };
}
