// Waits until a port first accepts a TCP connection. Sends no data.
import { connect } from "node:net";
import type { PodAddress } from "../../../base/address.ts";
import type { Clock } from "../../../base/clock.ts";
import { sleep } from "../../../base/sleep.ts";

const FAST_POLL_MS = 3;
const FAST_POLL_FOR_MS = 2_000;
const SLOW_POLL_MS = 50;
const CONNECT_TIMEOUT_MS = 1_000;
/**
 * The engine's port relay accepts connections for a container that does not listen, and closes them within this time.
 */
const RELAY_HOLD_MS = 25;

export interface PortWatch {
  readonly address: () => PodAddress | undefined;
  /** Resolves with whether the container listens; undefined: the address is no port relay of the engine. */
  readonly relayed: (() => Promise<boolean>) | undefined;
  readonly clock: Pick<Clock, "now">;
  readonly signal: AbortSignal;
}

/** Resolves true at the first accepted connection, false when aborted. Never rejects. */
export async function waitForPort({ address, relayed, clock, signal }: PortWatch): Promise<boolean> {
  const fastUntil = clock.now() + FAST_POLL_FOR_MS;
  while (!signal.aborted) {
    const began = clock.now();
    const at = address();
    if (at && (await accepts(at, relayed ? RELAY_HOLD_MS : 0, signal)) && (await (relayed?.() ?? true))) break;
    await sleep(began + (began < fastUntil ? FAST_POLL_MS : SLOW_POLL_MS) - clock.now(), signal);
  }
  return !signal.aborted;
}

/** Connects once. Resolves with whether the connection is accepted and stays open for `holdMs`. */
function accepts({ host, port }: PodAddress, holdMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const socket = connect({ host, port });
    let holdTimer: NodeJS.Timeout | undefined;
    const settle = (open: boolean): void => {
      clearTimeout(holdTimer);
      signal.removeEventListener("abort", fail);
      socket.destroy();
      resolve(open);
    };
    const fail = (): void => settle(false);
    signal.addEventListener("abort", fail, { once: true });
    socket.setTimeout(CONNECT_TIMEOUT_MS, fail);
    socket.once("error", fail);
    socket.once("connect", () => {
      if (holdMs === 0) return settle(true);
      socket.once("end", fail).once("close", fail).resume();
      holdTimer = setTimeout(() => settle(true), holdMs);
    });
  });
}
