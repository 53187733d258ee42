// Reads the question of a DNS query and encodes the reply.
import dnsPacket, { type Question } from "dns-packet";

const HEADER_BYTES = 12;
const OPCODE = 0x7800;
/** Short, as in a cluster's DNS, because Services are created and deleted. */
const TTL_SECONDS = 5;

export const responseCodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const;

export interface DnsQuestion {
  /** In lower case, without a final dot. */
  readonly name: string;
  /** `A`, `AAAA`, `ANY`, …, or `UNKNOWN_<number>`. */
  readonly type: string;
}

export interface DnsAnswer {
  /** One of {@link responseCodes}. */
  readonly code: number;
  /** The IPv4 address of an A record. */
  readonly address?: string | undefined;
}

/** Returns the question, or the response code for the reply; undefined: the message is no query and gets no reply. */
export function readQuestion(message: Buffer): DnsQuestion | { readonly code: number } | undefined {
  if (message.length < HEADER_BYTES || isReply(message)) return undefined;
  if (message.readUInt16BE(2) & OPCODE) return { code: responseCodes.notImplemented };
  const [question, ...others] = questionsOf(message);
  if (!question || others.length > 0) return { code: responseCodes.formatError };
  if (question.class !== "IN") return { code: responseCodes.refused };
  return { name: question.name.toLowerCase(), type: question.type };
}

/** Repeats the id and, unless it is malformed, the question of the query. */
export function makeDnsReply(query: Buffer, { code, address }: DnsAnswer): Buffer {
  const isAuthoritative = code === responseCodes.noError || code === responseCodes.nameError;
  const [question] = questionsOf(query);
  return dnsPacket.encode({
    id: query.readUInt16BE(0),
    type: "response",
    flags:
      (query.readUInt16BE(2) & (OPCODE | dnsPacket.RECURSION_DESIRED)) |
      (isAuthoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0) |
      dnsPacket.RECURSION_AVAILABLE |
      code,
    questions: question ? [question] : [],
    answers:
      question && address !== undefined ? [{ type: "A", name: question.name, ttl: TTL_SECONDS, data: address }] : [],
  });
}

/** Returns no questions if they are malformed. Does not decode the sections after them. */
function questionsOf(message: Buffer): readonly Question[] {
  const withoutRecords = Buffer.from(message).fill(0, 6, HEADER_BYTES);
  try {
    return dnsPacket.decode(withoutRecords).questions ?? [];
  } catch {
    return [];
  }
}

/** Returns true if `reply` is a reply with the id of the query. */
export function isReplyTo(query: Buffer, reply: Buffer): boolean {
  return reply.length >= HEADER_BYTES && isReply(reply) && reply.readUInt16BE(0) === query.readUInt16BE(0);
}

function isReply(message: Buffer): boolean {
  return (message.readUInt16BE(2) & 0x8000) !== 0;
}
