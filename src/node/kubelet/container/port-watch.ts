// Waits until a port first accepts a connection. Bare connects only: an app cannot see a refused one. It asks nothing of the app.
import { connect } from "node:net";
import type { PodAddress } from "../../../base/address.ts";
import type { Clock } from "../../../base/clock.ts";

const EAGER_EVERY_MS = 3;
const EAGER_FOR_MS = 2_000;
const LATER_EVERY_MS = 50;
const ATTEMPT_MS = 1_000;
/** An engine's port relay accepts for a container that does not listen, and soon hangs up; a listening app does not. */
const RELAY_HOLD_MS = 25;

export interface PortWatch {
  readonly address: () => PodAddress | undefined;
  /** The address is a relay of the engine (a published port): this says whether the container itself listens, as far as can be told. */
  readonly relayed: (() => Promise<boolean>) | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Resolves true at the first accepted connect, false when aborted. Never rejects. */
export async function waitForPort({ address, relayed, clock, signal }: PortWatch): Promise<boolean> {
  const eagerUntil = clock.now() + EAGER_FOR_MS;
  while (!signal.aborted) {
    const began = clock.now();
    const at = address();
    if (at && (await accepts(at, relayed ? RELAY_HOLD_MS : 0, signal)) && (await (relayed?.() ?? true))) break;
    await pause(clock, began + (began < eagerUntil ? EAGER_EVERY_MS : LATER_EVERY_MS), signal);
  }
  return !signal.aborted;
}

/** Connects once. With `holdMs`, the connection must also live that long. */
function accepts({ host, port }: PodAddress, holdMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const socket = connect({ host, port });
    let hold: NodeJS.Timeout | undefined;
    const settle = (open: boolean): void => {
      clearTimeout(hold);
      signal.removeEventListener("abort", give);
      socket.destroy();
      resolve(open);
    };
    const give = (): void => settle(false);
    signal.addEventListener("abort", give, { once: true });
    socket.setTimeout(ATTEMPT_MS, give);
    socket.once("error", give);
    socket.once("connect", () => {
      if (holdMs === 0) return settle(true);
      socket.once("end", give).once("close", give).resume();
      hold = setTimeout(() => settle(true), holdMs);
    });
  });
}

function pause(clock: Clock, until: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.at(until, done);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      timer[Symbol.dispose]();
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
