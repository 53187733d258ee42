// A TCP probe: connect within the time, then close.
import { connect } from "node:net";
import type { Attempt, ProbeResult } from "./probe-result.ts";

/** Ready when the port accepts. */
export function attemptTcp({
  host,
  port,
  timeoutMs,
}: Pick<Attempt, "host" | "port" | "timeoutMs">): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const timer = setTimeout(() => settle({ ok: false, message: `dial tcp ${host}:${port}: i/o timeout` }), timeoutMs);
    const settle = (result: ProbeResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    socket.on("connect", () => settle({ ok: true }));
    socket.on("error", (error: NodeJS.ErrnoException) => settle({ ok: false, message: dialText(error, host, port) }));
  });
}

/** The words of Go's dialler for the common failures. */
export function dialText(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === "ECONNREFUSED") return `dial tcp ${host}:${port}: connect: connection refused`;
  if (error.code === "EHOSTUNREACH") return `dial tcp ${host}:${port}: connect: no route to host`;
  return error.message;
}
