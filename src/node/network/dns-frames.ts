// DNS over a stream: each message behind its length in two bytes (RFC 1035, 4.2.2). Framing only.

/** A message as it goes over a stream. */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Collects the chunks of a stream and gives out whole messages. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** The messages that this chunk completed, in order. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#held = Buffer.concat([this.#held, chunk]);
    const messages: Buffer[] = [];
    for (;;) {
      const length = this.#held.length < 2 ? Number.POSITIVE_INFINITY : this.#held.readUInt16BE(0);
      if (this.#held.length < 2 + length) return messages;
      messages.push(this.#held.subarray(2, 2 + length));
      this.#held = this.#held.subarray(2 + length);
    }
  }
}
