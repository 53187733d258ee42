// Whether the ingress port is free on the addresses it would be bound to.

import { execFile } from "node:child_process";
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

function output(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 5000 }, (error, stdout) => resolve(error ? undefined : stdout));
  });
}

/** kubectl from 1.29 on works whole; older ones need a flag. */
export function kubectlFinding(text: string | undefined): DoctorFinding {
  if (text === undefined) {
    const fix = "optional: install it to use `kubectl` beside `knap`";
    return { check: "tool", level: "ok", what: `kubectl is not installed (${fix})` };
  }
  const version = /"gitVersion":\s*"v?(\d+)\.(\d+)[^"]*"/.exec(text);
  const minor = Number(version?.[2] ?? Number.NaN);
  const shown = version ? `${version[1]}.${version[2]}` : "of an unknown version";
  if (minor >= 29 || Number.isNaN(minor)) return { check: "tool", level: "ok", what: `kubectl ${shown} is here` };
  const fix = "use kubectl 1.29 or newer, or say `kubectl apply --validate=false`";
  return { check: "tool", level: "warning", what: `kubectl ${shown} cannot validate against this API`, fix };
}

export async function checkTools(): Promise<readonly DoctorFinding[]> {
  const kubectl = kubectlFinding(await output("kubectl", ["version", "--client", "-o", "json"]));
  const kn =
    (await output("kn", ["version"])) === undefined
      ? []
      : [{ check: "tool", level: "ok", what: "kn is here" } as const];
  return [kubectl, ...kn];
}

/** Settings with a price. */
export function checkSettings(env: Readonly<Record<string, string | undefined>>): readonly DoctorFinding[] {
  if (env["KNAP_FORWARDER"] !== "http-proxy") return [];
  const what =
    "KNAP_FORWARDER=http-proxy: no request trailers, no 100-continue refusals, no upgrades but WebSocket, repeated headers joined";
  return [{ check: "setting", level: "warning", what, fix: "unset KNAP_FORWARDER to use knap's own forwarder" }];
}
