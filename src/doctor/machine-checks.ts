// Checks this machine: the ingress port, optional tools, and settings that change how knap behaves.
import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { openToNetwork } from "../gateway/listen.ts";
import type { DoctorFinding } from "./finding.ts";

/** Tries to listen. Returns the error code; undefined: the port is free. */
function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The ingress port of a running session. */
export interface SessionPort {
  readonly id: string;
  readonly port: number;
  /** The folder that the session serves. */
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
    // The machine does not have this address, for example no IPv6.
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") continue;
    if (code === undefined) findings.push({ check: "port", level: "ok", what: `port ${port} is free on ${host}` });
    else if (own !== undefined && code === "EADDRINUSE") {
      const what = `port ${port} on ${host} is the ingress of session ${own.id} (${own.folder})`;
      findings.push({ check: "port", level: "ok", what });
    } else {
      const problem = code === "EADDRINUSE" ? "is in use" : `cannot be used (${code})`;
      const fix =
        "stop the program that listens there, or choose another port with --port; without --port knap uses a free port";
      findings.push({ check: "port", level: "warning", what: `port ${port} on ${host} ${problem}`, fix });
    }
  }
  return findings;
}

function output(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 5000 }, (error, stdout) => resolve(error ? undefined : stdout));
  });
}

/** kubectl 1.29 and newer work fully; older versions need a flag. */
export function kubectlFinding(text: string | undefined): DoctorFinding {
  if (text === undefined) {
    const fix = "optional: install it to use `kubectl` with knap's sessions";
    return { check: "tool", level: "ok", what: `kubectl is not installed (${fix})` };
  }
  const version = /"gitVersion":\s*"v?(\d+)\.(\d+)[^"]*"/.exec(text);
  const minor = Number(version?.[2] ?? Number.NaN);
  const shown = version ? `${version[1]}.${version[2]}` : "of an unknown version";
  if (minor >= 29 || Number.isNaN(minor)) return { check: "tool", level: "ok", what: `kubectl ${shown} is installed` };
  const fix = "use kubectl 1.29 or newer, or run `kubectl apply --validate=false`";
  return { check: "tool", level: "warning", what: `kubectl ${shown} cannot validate against this API`, fix };
}

export async function checkTools(): Promise<readonly DoctorFinding[]> {
  const kubectl = kubectlFinding(await output("kubectl", ["version", "--client", "-o", "json"]));
  const kn =
    (await output("kn", ["version"])) === undefined
      ? []
      : [{ check: "tool", level: "ok", what: "kn is installed" } as const];
  return [kubectl, ...kn];
}

/** Settings that switch off features. */
/** Checks the address `address`, on which the ingress would listen. */
export function checkAddress(address: string): readonly DoctorFinding[] {
  const what = openToNetwork(address);
  const fix = "use --address 127.0.0.1, unless other machines or containers need the Services";
  return what === undefined ? [] : [{ check: "setting", level: "warning", what, fix }];
}

export function checkSettings(env: Readonly<Record<string, string | undefined>>): readonly DoctorFinding[] {
  if (env["KNAP_FORWARDER"] !== "http-proxy") return [];
  const what =
    "KNAP_FORWARDER=http-proxy: no request trailers, no 100-continue refusals, no upgrades except WebSocket, repeated headers are joined";
  return [{ check: "setting", level: "warning", what, fix: "unset KNAP_FORWARDER to use knap's own forwarder" }];
}
