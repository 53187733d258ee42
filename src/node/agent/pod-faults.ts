// Answers the kubelet and the DNS from the session's faults.

import { CLUSTER_DOMAIN } from "../../apis/config/serving-config.ts";
import type { Pod } from "../../apis/core/types.ts";
import { delayMsOf, faultCause } from "../../apis/faults/fault.ts";
import type { View } from "../../control-plane/store/view.ts";
import type { PodFaults } from "../kubelet/fault-port.ts";
import type { NodeNetwork } from "../network/gateway.ts";
import type { RuntimeCapabilities } from "../runtime/runtime.ts";
import type { SessionFaults } from "./session-faults.ts";

type FaultSource = Pick<SessionFaults, "all" | "next" | "concerns">;

/** Refuses the kinds for which the runtime or the network has no place. */
export function refuseFaults(
  faults: Pick<SessionFaults, "refuse">,
  { images, networks }: RuntimeCapabilities,
  network: Pick<NodeNetwork, "dns" | "notice"> | undefined,
): void {
  if (!images) faults.refuse("image-pull-failure", "processes have no images; start the session with Docker");
  if (!networks) faults.refuse("dns-failure", "processes use this machine's resolver; start the session with Docker");
  else if (!network?.dns) faults.refuse("dns-failure", network?.notice ?? "containers do not ask knap for names");
}

export function makePodFaults(faults: FaultSource): PodFaults {
  const causeOf = (event: "check" | "pull", pod: Pod): string | undefined => faults.next(event, pod).map(faultCause)[0];
  return {
    start: (pod) => {
      const acting = faults.next("start", pod);
      if (acting.length === 0) return undefined;
      const crash = acting.find(({ kind }) => kind === "crash-on-start");
      const delayMs = acting.reduce((sum, fault) => sum + delayMsOf(fault), 0);
      return { delayMs, crash: crash && { message: faultCause(crash) } };
    },
    check: (pod) => causeOf("check", pod),
    ignoresStop: (pod) => faults.next("stop", pod).length > 0,
    pull: (pod) => causeOf("pull", pod),
    watchesPulls: (pod) => faults.concerns("pull", pod),
  };
}

/** Returns whether the lookup of a name (lower case, no final dot) by the pod with this address fails. */
export function makeLookupFault(faults: FaultSource, store: View): (name: string, address: string) => boolean {
  return (name, address) => {
    if (!faults.all.some(({ kind }) => kind === "dns-failure")) return false;
    const pod = store.list("Pod").find(({ status }) => status?.podIP === address);
    return pod !== undefined && faults.next("query", pod, ({ host }) => isNameOf(host ?? "", name)).length > 0;
  };
}

/** A resolver also tries the host with the cluster's search domains, and a Service has several names. */
function isNameOf(host: string, name: string): boolean {
  return name === host || (name.startsWith(`${host}.`) && name.endsWith(`.${CLUSTER_DOMAIN}`));
}
