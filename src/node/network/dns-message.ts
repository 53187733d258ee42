// DNS messages as far as a resolver for containers needs them (RFC 1035): one question in; an address, an empty answer or a refusal out. Reads and
// writes bytes and decides nothing.

const HEADER_BYTES = 12;
const LONGEST_LABEL = 63;
const LONGEST_NAME = 253;
const RESPONSE = 0x8000;
const OPCODE = 0x7800;
const AUTHORITATIVE = 0x0400;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
/** In an answer the name is a pointer to the question's. */
const QUESTION_NAME = 0xc000 | HEADER_BYTES;
const CLASS_IN = 1;
/** As cluster DNS gives it: Services come and go. */
const TTL_SECONDS = 5;

export const recordTypes = { A: 1, AAAA: 28, ANY: 255 } as const;
export const responseCodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const;

/** The one question of a query. */
export interface Question {
  /** In lower case, without the last dot; `.` between labels. */
  readonly name: string;
  readonly type: number;
}

export interface Answer {
  readonly code: number;
  /** An IPv4 address for an A record. */
  readonly address?: string;
}

/** The question, or the response code that the message deserves; undefined: not even a query, so nobody is to be answered. */
export function readQuestion(message: Buffer): Question | { readonly code: number } | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  if (flags & RESPONSE) return undefined;
  if (flags & OPCODE) return { code: responseCodes.notImplemented };
  const end = message.readUInt16BE(4) === 1 ? questionEnd(message) : undefined;
  if (end === undefined) return { code: responseCodes.formatError };
  if (message.readUInt16BE(end - 2) !== CLASS_IN) return { code: responseCodes.refused };
  return { name: readName(message), type: message.readUInt16BE(end - 4) };
}

/** The reply to a query: its id and question, and the answer. */
export function makeReply(query: Buffer, { code, address }: Answer): Buffer {
  const end = questionEnd(query);
  const question = end === undefined ? Buffer.alloc(0) : query.subarray(HEADER_BYTES, end);
  const header = Buffer.alloc(HEADER_BYTES);
  const asked = query.readUInt16BE(2) & (OPCODE | RECURSION_DESIRED);
  const authority = code === responseCodes.noError || code === responseCodes.nameError ? AUTHORITATIVE : 0;
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(RESPONSE | asked | authority | RECURSION_AVAILABLE | code, 2);
  header.writeUInt16BE(end === undefined ? 0 : 1, 4);
  header.writeUInt16BE(address === undefined ? 0 : 1, 6);
  return Buffer.concat([header, question, ...(address === undefined ? [] : [addressRecord(address)])]);
}

/** Whether this is the reply to that query: same id, and marked as one. */
export function isReplyTo(query: Buffer, reply: Buffer): boolean {
  return reply.length >= HEADER_BYTES && reply.readUInt16BE(0) === query.readUInt16BE(0) && (reply[2] ?? 0) >= 0x80;
}

function addressRecord(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(QUESTION_NAME, 0);
  record.writeUInt16BE(recordTypes.A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split(".").map(Number), 12);
  return record;
}

/** Where the question ends; undefined: it is cut off or its name is none. Questions are never compressed. */
function questionEnd(message: Buffer): number | undefined {
  let at = HEADER_BYTES;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > LONGEST_LABEL) return undefined;
    at += 1 + length;
    if (at - HEADER_BYTES > LONGEST_NAME + 2) return undefined;
    if (length === 0) return at + 4 <= message.length ? at + 4 : undefined;
  }
}

function readName(message: Buffer): string {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return labels.join(".").toLowerCase();
}
