// Encodes DNS queries and decodes the parts of replies that tests check.

const TYPE_A = 1;
export const TYPE_AAAA = 28;

export interface QueryOptions {
  readonly id?: number;
  readonly type?: number;
  readonly flags?: number;
  readonly class?: number;
  /** An EDNS record, appended unchanged with ARCOUNT 1. */
  readonly extra?: Buffer;
}

export function makeQuery(name: string, options: QueryOptions = {}): Buffer {
  const { id = 0x1234, type = TYPE_A, flags = 0x0100, extra } = options;
  const labels = name === "" ? [] : name.split(".");
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(extra ? 1 : 0, 10);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(type, 0);
  tail.writeUInt16BE(options.class ?? 1, 2);
  const parts = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]);
  return Buffer.concat([header, ...parts, Buffer.from([0]), tail, ...(extra ? [extra] : [])]);
}

export interface SeenReply {
  readonly id: number;
  readonly isReply: boolean;
  readonly code: number;
  readonly questions: number;
  readonly answers: number;
  /** Returns the last four bytes of the reply if it has an answer. */
  readonly address?: string;
}

export function seeReply(reply: Buffer): SeenReply {
  const answers = reply.readUInt16BE(6);
  return {
    id: reply.readUInt16BE(0),
    isReply: (reply.readUInt16BE(2) & 0x8000) !== 0,
    code: reply.readUInt16BE(2) & 0xf,
    questions: reply.readUInt16BE(4),
    answers,
    ...(answers > 0 && { address: [...reply.subarray(-4)].join(".") }),
  };
}
