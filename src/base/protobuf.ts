// The wire format of Protocol Buffers, read: a message's fields by number, without knowing what they mean. It writes nothing and never fails.

export interface ProtobufField {
  readonly number: number;
  /** A varint (as a signed number; beyond 53 bits it loses its end), or the bytes of anything else. */
  readonly value: number | Buffer;
}

/** Widths of the wire types that have a fixed one. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** The fields of a message, in their order. What follows a field that is cut off or of an unknown type is left out, and the message not `whole`. */
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
    // Also when one of the numbers is none.
    if (!(size >= 0 && at <= message.length) || Number.isNaN(tag) || Number.isNaN(value))
      return { fields, whole: false };
    fields.push({ number: Math.floor(tag / 8), value });
  }
  return { fields, whole: true };
}
