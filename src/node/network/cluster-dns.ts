// The DNS of a session: its own names answered on the spot, all others by the machine's resolvers. It opens no socket.
import { type ClusterNames, locate } from "./cluster-zone.ts";
import { makeReply, readQuestion, recordTypes, responseCodes } from "./dns-message.ts";
import type { AnswerQuery } from "./dns-server.ts";

export interface ClusterDnsOptions {
  readonly names: ClusterNames;
  /** IPv4 address at which all Services are reached. */
  readonly address: string;
  /** Everything that is not ours. */
  readonly forward: AnswerQuery;
}

/** Answers every query: an address, "nothing of that type", "no such name", the resolvers' reply, or a failure. */
export function makeClusterDns({ names, address, forward }: ClusterDnsOptions): AnswerQuery {
  return async (query, transport) => {
    const question = readQuestion(query);
    if (question === undefined) return undefined;
    if ("code" in question) return makeReply(query, question);
    const { name, type } = question;
    switch (locate(name, names)) {
      case "here":
        return makeReply(query, { code: responseCodes.noError, ...(wantsAddress(type) && { address }) });
      case "nobody":
        return makeReply(query, { code: responseCodes.nameError });
      case "elsewhere":
        return (await forward(query, transport)) ?? makeReply(query, { code: responseCodes.serverFailure });
    }
  };
}

function wantsAddress(type: number): boolean {
  return type === recordTypes.A || type === recordTypes.ANY;
}
