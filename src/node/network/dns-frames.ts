// Writes and reads DNS messages on a TCP stream: each is preceded by its length in two bytes (RFC 1035, 4.2.2).
import type { Socket } from "node:net";

export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Sends a query on a new connection. Resolves with the first accepted reply; undefined if none comes in time. */
export function askOnStream(
  socket: Socket,
  query: Buffer,
  withinMs: number,
  isAccepted: (reply: Buffer) => boolean,
): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const reader = new FrameReader();
    const finish = (reply?: Buffer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(finish, withinMs);
    socket.on("error", () => finish()).on("close", () => finish());
    socket.on("data", (chunk: Buffer) => {
      const reply = reader.push(chunk).find(isAccepted);
      if (reply) finish(reply);
    });
    socket.write(frame(query));
  });
}

export class FrameReader {
  #received: Buffer = Buffer.alloc(0);

  /** Returns the messages that the chunk completes, in order. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#received = Buffer.concat([this.#received, chunk]);
    const messages: Buffer[] = [];
    for (;;) {
      const length = this.#received.length < 2 ? Number.POSITIVE_INFINITY : this.#received.readUInt16BE(0);
      if (this.#received.length < 2 + length) return messages;
      messages.push(this.#received.subarray(2, 2 + length));
      this.#received = this.#received.subarray(2 + length);
    }
  }
}
