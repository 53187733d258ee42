// Reads and writes the wire format of Protocol Buffers: the fields of a message by number, without a schema.

export interface ProtobufField {
  readonly number: number;
  /** A varint as a signed number (values beyond 53 bits lose precision), or the bytes of any other wire type. */
  readonly value: number | Buffer;
}

/** Wire type → size in bytes, for the types of fixed size. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/**
 * Returns the fields of a message in their order. Reading stops at a field that is truncated or of an unknown wire
 * type; `whole` is then false.
 */
export function readMessage(message: Buffer): { readonly fields: readonly ProtobufField[]; readonly whole: boolean } {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; shift < 70n && at < message.length; shift += 7n) {
      const byte = message[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    return Number.NaN;
  };
  while (at < message.length) {
    const tag = varint();
    const type = tag & 7;
    const size = type === 0 ? 0 : (FIXED[type] ?? (type === 2 ? varint() : Number.NaN));
    const value = type === 0 ? varint() : message.subarray(at, at + size);
    at += size;
    // Comparisons with NaN are false, so an unreadable size also ends the loop here.
    if (!(size >= 0 && at <= message.length) || Number.isNaN(tag) || Number.isNaN(value))
      return { fields, whole: false };
    fields.push({ number: Math.floor(tag / 8), value });
  }
  return { fields, whole: true };
}

/** Encodes a field of text or bytes. Messages are the concatenation of their fields. */
export function bytesField(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varintBytes(number * 8 + 2), varintBytes(bytes.length), bytes]);
}

function varintBytes(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return Buffer.from([...bytes, rest]);
}
