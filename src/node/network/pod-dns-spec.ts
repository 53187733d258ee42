// Renders the resolver settings of a Pod's containers from its dnsPolicy and dnsConfig. Pure.
import { CLUSTER_DOMAIN } from "../../apis/config/serving-config.ts";
import type { Pod } from "../../apis/core/types.ts";
import type { ContainerSpec } from "../runtime/runtime.ts";

type Dns = NonNullable<ContainerSpec["dns"]>;

interface DnsConfig {
  readonly nameservers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly { readonly name?: string; readonly value?: string }[];
}

/** Means no search list. For an empty list, the engine takes the host's search list. */
const NO_SEARCHES: readonly string[] = ["."];

/**
 * Adds the settings of dnsConfig to those of the policy. Options of dnsConfig override those of the policy.
 * @see pkg/kubelet/network/dns of Kubernetes
 */
export function renderDns(pod: Pod, server: string): Dns {
  const { nameservers = [], searches = [], options = [] } = (pod.spec.dnsConfig ?? {}) as DnsConfig;
  const policy = policyDns(pod, server);
  const own = new Set(options.map(({ name }) => name));
  const named = options.map(({ name = "", value }) => (value === undefined ? name : `${name}:${value}`));
  const wanted = [...new Set([...policy.searches, ...searches])];
  return {
    servers: [...new Set([...policy.servers, ...nameservers])],
    searches: wanted.length > 0 ? wanted : NO_SEARCHES,
    options: [...policy.options.filter((option) => !own.has(option.split(":")[0])), ...named],
  };
}

function policyDns({ spec, metadata }: Pod, server: string): Dns {
  if (spec.dnsPolicy === "None") return { servers: [], searches: [], options: [] };
  // knap's server forwards other names to the node's resolvers.
  if (spec.dnsPolicy === "Default") return { servers: [server], searches: [], options: [] };
  const services = `svc.${CLUSTER_DOMAIN}`;
  const searches = [`${metadata.namespace ?? "default"}.${services}`, services, CLUSTER_DOMAIN];
  return { servers: [server], searches, options: ["ndots:5"] };
}
