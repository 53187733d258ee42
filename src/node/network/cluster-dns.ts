// The DNS of a session: answers its own names, and forwards all others to the machine's resolvers. It opens no socket.
import { CLUSTER_DOMAIN } from "../../apis/config/serving-config.ts";
import { makeDnsReply, readQuestion, responseCodes } from "./dns-message.ts";
import type { AnswerQuery } from "./dns-server.ts";

/** The names that exist at this moment. */
export interface ClusterNames {
  hasService(namespace: string, name: string): boolean;
  /** Whether a route serves this host publicly. */
  isPublicHost(host: string): boolean;
}

export interface ClusterDnsOptions {
  readonly names: ClusterNames;
  /** The IPv4 address of all names of the session. */
  readonly address: string;
  /** Answers all other names. */
  readonly forward: AnswerQuery;
}

const SERVICES = `svc.${CLUSTER_DOMAIN}`;

/** Answers every query: with an address, "no data", NXDOMAIN, the resolvers' reply, or a failure. */
export function makeClusterDns({ names, address, forward }: ClusterDnsOptions): AnswerQuery {
  return async (query, transport) => {
    const question = readQuestion(query);
    if (question === undefined) return undefined;
    if ("code" in question) return makeDnsReply(query, question);
    const { name, type } = question;
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
 * Decides who answers a name (lower case, no final dot). Below the cluster's domain only
 * `<service>.<namespace>.svc.cluster.local` exists. Containers make it from shorter forms by their search list, which
 * goes on only after NXDOMAIN.
 */
function ownerOf(name: string, names: ClusterNames): "session" | "none" | "resolvers" {
  if (name === CLUSTER_DOMAIN || name.endsWith(`.${CLUSTER_DOMAIN}`)) {
    const [service = "", namespace = "", ...rest] = name.split(".");
    return rest.join(".") === SERVICES && names.hasService(namespace, service) ? "session" : "none";
  }
  return names.isPublicHost(name) ? "session" : "resolvers";
}
