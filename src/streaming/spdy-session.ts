// Serves the streams of one SPDY/3.1 connection. There is no flow control by stream, as in Kubernetes' library: the
// connection waits for the stream whose reader is slow.
import { Inbox } from "./inbox.ts";
import {
  encodeData,
  encodePing,
  encodeReply,
  encodeReset,
  RESETS,
  type SpdyFrame,
  SpdyFrameReader,
} from "./spdy-frames.ts";
import { EmptyHeaderWriter, HeaderReader } from "./spdy-headers.ts";

/** Kubernetes opens two streams for each forwarded connection. */
const MAX_STREAMS = 2_000;

/** A stream that the client has opened. */
export interface SpdyStream {
  readonly headers: ReadonlyMap<string, string>;
  /** Ends when the client has finished. Destroyed when the client resets the stream or disconnects. */
  readonly input: Inbox;
  /** Resolves when the client can take more, or is gone. */
  send(data: Buffer): Promise<void>;
  /** Finishes this side of the stream. */
  end(): void;
  reset(): void;
}

interface OpenStream {
  readonly input: Inbox;
  hasClientEnded: boolean;
  hasServerEnded: boolean;
}

export class SpdySession {
  readonly #send: (bytes: Buffer) => Promise<void>;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #frames = new SpdyFrameReader();
  readonly #headers = new HeaderReader();
  readonly #replies = new EmptyHeaderWriter();
  readonly #streams = new Map<number, OpenStream>();

  constructor(send: (bytes: Buffer) => Promise<void>, onStream: (stream: SpdyStream) => void) {
    this.#send = send;
    this.#onStream = onStream;
  }

  /** Takes bytes of the client. Resolves when the streams have room for more. Rejects with a SpdyError. */
  async receive(bytes: Buffer): Promise<void> {
    this.#frames.add(bytes);
    for (let frame = this.#frames.next(); frame !== undefined; frame = this.#frames.next()) await this.#handle(frame);
  }

  /** Ends all streams, as if the client had reset them. */
  close(): void {
    for (const { input } of this.#streams.values()) input.destroy();
    this.#streams.clear();
    this.#headers.close();
  }

  async #handle(frame: SpdyFrame): Promise<void> {
    switch (frame.type) {
      case "open":
        await this.#open(frame.stream, await this.#headers.read(frame.block));
        if (frame.isLast) this.#finish(frame.stream, "client");
        return;
      case "headers":
        await this.#headers.read(frame.block);
        return;
      case "data":
        if (frame.data.length > 0) await this.#streams.get(frame.stream)?.input.add(frame.data);
        if (frame.isLast) this.#finish(frame.stream, "client");
        return;
      case "reset":
        this.#drop(frame.stream);
        return;
      case "ping":
        await this.#send(encodePing(frame.id));
    }
  }

  async #open(id: number, headers: ReadonlyMap<string, string>): Promise<void> {
    // The ids of a client's streams are odd.
    if (id % 2 === 0 || this.#streams.has(id) || this.#streams.size >= MAX_STREAMS) {
      const isFull = this.#streams.size >= MAX_STREAMS;
      return this.#send(encodeReset(id, isFull ? RESETS.refusedStream : RESETS.protocolError));
    }
    const input = new Inbox();
    this.#streams.set(id, { input, hasClientEnded: false, hasServerEnded: false });
    await this.#send(encodeReply(id, this.#replies.next()));
    this.#onStream({
      headers,
      input,
      send: async (data) => {
        if (this.#streams.get(id)?.hasServerEnded === false) await this.#send(encodeData(id, data, false));
      },
      end: () => {
        if (this.#streams.get(id)?.hasServerEnded === false) void this.#send(encodeData(id, Buffer.alloc(0), true));
        this.#finish(id, "server");
      },
      reset: () => {
        if (this.#drop(id)) void this.#send(encodeReset(id, RESETS.protocolError));
      },
    });
  }

  #finish(id: number, side: "client" | "server"): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    if (side === "server") stream.hasServerEnded = true;
    else {
      stream.hasClientEnded = true;
      stream.input.end();
    }
    if (stream.hasClientEnded && stream.hasServerEnded) this.#streams.delete(id);
  }

  #drop(id: number): boolean {
    this.#streams.get(id)?.input.destroy();
    return this.#streams.delete(id);
  }
}
