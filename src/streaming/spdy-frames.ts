// Reads and writes the frames of SPDY/3.1 that Kubernetes' port forwarding uses. Pure.
// @see https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/

const VERSION = 3;
const HEAD_BYTES = 8;
const FIN = 1;
/** Longer control frames are refused. Data frames have at most 16 MiB. */
const MAX_CONTROL_BYTES = 64 * 1024;
const TYPES = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const;

/** Reasons of RST_STREAM. */
export const RESETS = { protocolError: 1, refusedStream: 3 } as const;

/** `block`: compressed headers. Every block has to be read, because each changes the state of the compression. */
export type SpdyFrame =
  | { readonly type: "data"; readonly stream: number; readonly isLast: boolean; readonly data: Buffer }
  | { readonly type: "open"; readonly stream: number; readonly isLast: boolean; readonly block: Buffer }
  | { readonly type: "headers"; readonly stream: number; readonly isLast: boolean; readonly block: Buffer }
  | { readonly type: "reset"; readonly stream: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway" }
  /** SETTINGS, WINDOW_UPDATE and the like, which Kubernetes' clients do not use. */
  | { readonly type: "ignored" };

/** A violation of the protocol by the client. */
export class SpdyError extends Error {}

/** Collects the bytes of a connection and cuts them into frames. */
export class SpdyFrameReader {
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
  }

  /** Returns the next whole frame; undefined: more bytes are needed. Throws a {@link SpdyError}. */
  next(): SpdyFrame | undefined {
    if (this.#bytes.length < HEAD_BYTES) return undefined;
    const isControl = ((this.#bytes[0] as number) & 0x80) !== 0;
    const length = this.#bytes.readUIntBE(5, 3);
    if (isControl && length > MAX_CONTROL_BYTES) throw new SpdyError(`a control frame has ${length} bytes`);
    if (this.#bytes.length < HEAD_BYTES + length) return undefined;
    const head = this.#bytes.subarray(0, HEAD_BYTES);
    const payload = this.#bytes.subarray(HEAD_BYTES, HEAD_BYTES + length);
    this.#bytes = this.#bytes.subarray(HEAD_BYTES + length);
    const isLast = ((head[4] as number) & FIN) !== 0;
    if (!isControl) return { type: "data", stream: head.readUInt32BE(0), isLast, data: payload };
    if ((head.readUInt16BE(0) & 0x7fff) !== VERSION) throw new SpdyError("a frame is not of SPDY/3");
    return readControl(head.readUInt16BE(2), isLast, payload);
  }
}

function readControl(type: number, isLast: boolean, payload: Buffer): SpdyFrame {
  const word = (): number => {
    if (payload.length < 4) throw new SpdyError(`a frame of type ${type} is too short`);
    return payload.readUInt32BE(0) & 0x7fff_ffff;
  };
  switch (type) {
    case TYPES.synStream:
      return { type: "open", stream: word(), isLast, block: payload.subarray(10) };
    case TYPES.synReply:
    case TYPES.headers:
      return { type: "headers", stream: word(), isLast, block: payload.subarray(4) };
    case TYPES.rstStream:
      return { type: "reset", stream: word() };
    case TYPES.ping:
      return { type: "ping", id: word() };
    case TYPES.goAway:
      return { type: "goAway" };
    default:
      return { type: "ignored" };
  }
}

export function encodeData(stream: number, data: Buffer, isLast: boolean): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(stream, 0);
  head[4] = isLast ? FIN : 0;
  head.writeUIntBE(data.length, 5, 3);
  return Buffer.concat([head, data]);
}

/** Accepts a stream that the client has opened. */
export function encodeReply(stream: number, block: Buffer): Buffer {
  return encodeControl(TYPES.synReply, word(stream), block);
}

export function encodeReset(stream: number, reason: number): Buffer {
  return encodeControl(TYPES.rstStream, word(stream), word(reason));
}

export function encodePing(id: number): Buffer {
  return encodeControl(TYPES.ping, word(id));
}

function encodeControl(type: number, ...parts: readonly Buffer[]): Buffer {
  const payload = Buffer.concat(parts);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(type, 2);
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
