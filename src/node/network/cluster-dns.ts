// Answers DNS queries for the names of the session, and forwards all others to the machine's resolvers.
import { CLUSTER_DOMAIN } from "../../apis/config/serving-config.ts";
import type { ForwardQuery } from "./dns-forwarder.ts";
import { makeDnsReply, readQuestion, responseCodes } from "./dns-message.ts";
import type { AnswerQuery } from "./dns-server.ts";

/** The names that exist now. */
export interface ClusterNames {
  hasService(namespace: string, name: string): boolean;
  /** Returns true if a route serves this host publicly. */
  isPublicHost(host: string): boolean;
}

export interface ClusterDnsOptions {
  readonly names: ClusterNames;
  /** The IPv4 address that all names of the session have. */
  readonly address: string;
  /** Answers all other names. */
  readonly forward: ForwardQuery;
  /** Returns true if a fault makes the lookup of this name by this container fail. */
  readonly failsLookup?: ((name: string, peer: string) => boolean) | undefined;
}

const SERVICES = `svc.${CLUSTER_DOMAIN}`;

/** Returns a function that answers with an address, "no data", NXDOMAIN, the resolvers' reply, or SERVFAIL. */
export function makeClusterDns({ names, address, forward, failsLookup }: ClusterDnsOptions): AnswerQuery {
  return async (query, transport, peer) => {
    const question = readQuestion(query);
    if (question === undefined) return undefined;
    if ("code" in question) return makeDnsReply(query, question);
    const { name, type } = question;
    if (failsLookup?.(name, peer)) return makeDnsReply(query, { code: responseCodes.serverFailure });
    switch (ownerOf(name, names)) {
      case "session": {
        const wantsAddress = type === "A" || type === "ANY";
        return makeDnsReply(query, { code: responseCodes.noError, address: wantsAddress ? address : undefined });
      }
      case "none":
        return makeDnsReply(query, { code: responseCodes.nameError });
      case "resolvers":
        return (await forward(query, transport)) ?? makeDnsReply(query, { code: responseCodes.serverFailure });
    }
  };
}

/**
 * Decides who answers a name (lower case, without a final dot). Of the cluster's domain, only
 * `<service>.<namespace>.svc.cluster.local` exists. The resolver in a container expands shorter names by its search
 * list, and tries the next entry only after NXDOMAIN.
 */
function ownerOf(name: string, names: ClusterNames): "session" | "none" | "resolvers" {
  if (name === CLUSTER_DOMAIN || name.endsWith(`.${CLUSTER_DOMAIN}`)) {
    const [service = "", namespace = "", ...rest] = name.split(".");
    return rest.join(".") === SERVICES && names.hasService(namespace, service) ? "session" : "none";
  }
  return names.isPublicHost(name) ? "session" : "resolvers";
}
