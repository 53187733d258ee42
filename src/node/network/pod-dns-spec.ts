// Makes the resolver settings of a Pod's containers from its dnsPolicy and dnsConfig. Pure.
import { CLUSTER_DOMAIN } from "../../apis/config/serving-config.ts";
import type { Pod } from "../../apis/core/types.ts";
import type { ContainerSpec } from "../runtime/runtime.ts";

type Dns = NonNullable<ContainerSpec["dns"]>;

interface DnsConfig {
  readonly nameservers?: readonly string[];
  readonly searches?: readonly string[];
  readonly options?: readonly { readonly name?: string; readonly value?: string }[];
}

/** An empty list would mean "as on the host" to the engine; this means none. */
const NO_SEARCHES: readonly string[] = ["."];

/**
 * The policy's settings with those of dnsConfig added, whose options override the policy's.
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
  // The same server also forwards to the node's own resolvers.
  if (spec.dnsPolicy === "Default") return { servers: [server], searches: [], options: [] };
  const services = `svc.${CLUSTER_DOMAIN}`;
  const searches = [`${metadata.namespace ?? "default"}.${services}`, services, CLUSTER_DOMAIN];
  return { servers: [server], searches, options: ["ndots:5"] };
}
