// Whether containers reach this machine, as their calls of each other by cluster names must.
import { tryPathFromContainer } from "../node/network/try-path.ts";
import { DEFAULT_SUBNETS } from "../node/runtime/docker/subnets.ts";
import type { ContainerRuntime } from "../node/runtime/runtime.ts";
import type { DoctorFinding } from "./finding.ts";

export interface NetworkCheck {
  readonly runtime: ContainerRuntime;
  readonly hostId: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Starts one container for a moment. */
export async function checkNetwork({ runtime, hostId, env }: NetworkCheck): Promise<DoctorFinding> {
  const session = `doctor-${process.pid}`;
  const labels = { "knap.dev/session": session, "knap.dev/host": hostId };
  const path = await tryPathFromContainer({ runtime, prefix: `knap-${session}`, labels });
  switch (path.state) {
    case "open":
      return { check: "network", level: "ok", what: "containers reach this machine" };
    case "dropped": {
      const what = `containers do not reach this machine at ${path.addresses.join(", ")}: a firewall drops what they send`;
      const range = env["KNAP_SUBNETS"] ?? DEFAULT_SUBNETS;
      const fix = `allow what comes from ${range} (for example \`sudo ufw allow from ${range}\`), or Services cannot call each other by cluster names`;
      return { check: "network", level: "warning", what, fix };
    }
    case "unknown": {
      const what = `nobody can tell whether containers reach this machine: ${path.why}`;
      return { check: "network", level: "warning", what, fix: "see to the engine first, then run doctor again" };
    }
  }
}
