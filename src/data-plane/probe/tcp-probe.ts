// Makes a TCP probe: connects within the timeout, then closes.
import { connect } from "node:net";
import type { ProbeAttempt, ProbeResult } from "./probe-result.ts";

/** The engine's port relay closes a connection within this time if the container does not listen. */
const RELAY_HOLD_MS = 25;

/** Succeeds if the port accepts and, with a relay, the connection is not closed at once. */
export function attemptTcp({
  host,
  port,
  timeoutMs,
  relayed = false,
}: Pick<ProbeAttempt, "host" | "port" | "timeoutMs" | "relayed">): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const timer = setTimeout(() => settle({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` }), timeoutMs);
    let hold: NodeJS.Timeout | undefined;
    const settle = (result: ProbeResult): void => {
      clearTimeout(timer);
      clearTimeout(hold);
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", () => {
      if (!relayed) return settle({ ok: true });
      const refused = { ok: false, message: `dial tcp ${host}:${port}: connect: connection refused` } as const;
      socket.once("end", () => settle(refused)).resume();
      hold = setTimeout(() => settle({ ok: true }), RELAY_HOLD_MS);
    });
    socket.on("error", (error: NodeJS.ErrnoException) => settle({ ok: false, message: dialText(error, host, port) }));
  });
}

/** Go's error texts for common connect failures. */
export function dialText(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === "ECONNREFUSED") return `dial tcp ${host}:${port}: connect: connection refused`;
  if (error.code === "EHOSTUNREACH") return `dial tcp ${host}:${port}: connect: no route to host`;
  return error.message;
}
