// Tools that work with a session but are not needed: kubectl and kn. And settings that change how knap behaves.
import { execFile } from "node:child_process";
import type { DoctorFinding } from "./finding.ts";

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
