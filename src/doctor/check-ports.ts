// Whether the ingress port is free on the addresses it would be bound to.
import { createServer } from "node:net";
import type { DoctorFinding } from "./finding.ts";

/** The error code of listening there; undefined: it is free. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** A live session's front door. */
export interface SessionPort {
  readonly id: string;
  readonly port: number;
  /** The folder that it serves. */
  readonly folder: string;
}

export async function checkPort(
  hosts: readonly string[],
  port: number,
  sessions: readonly SessionPort[] = [],
): Promise<readonly DoctorFinding[]> {
  const own = sessions.find((session) => session.port === port);
  const findings: DoctorFinding[] = [];
  for (const host of hosts) {
    const code = await tryPort(host, port);
    // A machine without IPv6 has no ::1 to be taken.
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") continue;
    if (code === undefined) findings.push({ check: "port", level: "ok", what: `port ${port} is free on ${host}` });
    else if (own !== undefined && code === "EADDRINUSE") {
      const what = `port ${port} on ${host} is the front door of session ${own.id} (${own.folder})`;
      findings.push({ check: "port", level: "ok", what });
    } else {
      const taken = code === "EADDRINUSE" ? "is taken" : `cannot be used (${code})`;
      const fix = "end what listens there, or choose another port with --port; without --port knap takes a free one";
      findings.push({ check: "port", level: "warning", what: `port ${port} on ${host} ${taken}`, fix });
    }
  }
  return findings;
}
