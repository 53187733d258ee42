// Reads and writes WebSocket frames on the server's side (RFC 6455). Extensions are not supported. Pure.

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export type Opcode = (typeof OPCODES)[keyof typeof OPCODES];

export interface Frame {
  /** Whether it is the last frame of its message. */
  readonly isLast: boolean;
  readonly opcode: Opcode;
  /** Unmasked. */
  readonly payload: Buffer;
}

/** A violation of the protocol by the client, with the code of the close frame that answers it. */
export class WebSocketError extends Error {
  readonly code: 1002 | 1009;

  constructor(code: 1002 | 1009, message: string) {
    super(message);
    this.code = code;
  }
}

/** As in the WebSocket library of Kubernetes' kubelet. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const MAX_FRAGMENTS = 65_536;
const MAX_CONTROL_BYTES = 125;
const KNOWN = new Set<number>(Object.values(OPCODES));

interface Header {
  readonly isLast: boolean;
  readonly opcode: Opcode;
  readonly mask: Buffer;
  readonly bytes: number;
}

/** Collects the bytes of a connection and cuts them into frames. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #buffered = 0;
  #header: Header | undefined;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
  }

  /** Returns the next whole frame; undefined: more bytes are needed. Throws a {@link WebSocketError}. */
  next(): Frame | undefined {
    this.#header ??= this.#readHeader();
    if (this.#header === undefined || this.#buffered < this.#header.bytes) return undefined;
    const { isLast, opcode, mask, bytes } = this.#header;
    this.#header = undefined;
    return { isLast, opcode, payload: unmasked(this.#take(bytes), mask) };
  }

  #readHeader(): Header | undefined {
    if (this.#buffered < 2) return undefined;
    const [first = 0, second = 0] = this.#peek(2);
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    if ((second & 0x80) === 0) throw new WebSocketError(1002, "a frame of a client must be masked");
    if (this.#buffered < 2 + lengthBytes + 4) return undefined;
    const head = this.#take(2 + lengthBytes + 4);
    const bytes = lengthBytes === 0 ? short : Number(BigInt(`0x${head.toString("hex", 2, 2 + lengthBytes)}`));
    const header = { isLast: (first & 0x80) !== 0, opcode: (first & 0x0f) as Opcode, mask: head.subarray(-4), bytes };
    check(header, first & 0x70);
    return header;
  }

  #peek(bytes: number): Buffer {
    const [first = Buffer.alloc(0), ...rest] = this.#chunks;
    if (first.length < bytes && rest.length > 0) this.#chunks = [Buffer.concat(this.#chunks)];
    return (this.#chunks[0] ?? first).subarray(0, bytes);
  }

  #take(bytes: number): Buffer {
    const taken: Buffer[] = [];
    let missing = bytes;
    while (missing > 0) {
      const chunk = this.#chunks.shift() as Buffer;
      if (chunk.length > missing) this.#chunks.unshift(chunk.subarray(missing));
      const part = chunk.subarray(0, missing);
      taken.push(part);
      missing -= part.length;
    }
    this.#buffered -= bytes;
    return taken.length === 1 ? (taken[0] as Buffer) : Buffer.concat(taken);
  }
}

/** Joins the data frames of a message. */
export class MessageReader {
  #parts: Buffer[] | undefined;
  #bytes = 0;

  /** Returns the message if the frame is its last one. Throws a {@link WebSocketError}. */
  add({ opcode, isLast, payload }: Frame): Buffer | undefined {
    if ((opcode === OPCODES.continuation) !== (this.#parts !== undefined)) {
      throw new WebSocketError(1002, "a fragment is out of order");
    }
    this.#parts ??= [];
    this.#parts.push(payload);
    this.#bytes += payload.length;
    if (this.#bytes > MAX_MESSAGE_BYTES || this.#parts.length > MAX_FRAGMENTS) throw tooLong();
    if (!isLast) return undefined;
    const message = this.#parts.length === 1 ? payload : Buffer.concat(this.#parts);
    this.#parts = undefined;
    this.#bytes = 0;
    return message;
  }
}

function check({ isLast, opcode, bytes }: Header, reserved: number): void {
  if (reserved !== 0) throw new WebSocketError(1002, "a reserved bit is set, and no extension was agreed");
  if (!KNOWN.has(opcode)) throw new WebSocketError(1002, `unknown opcode ${opcode}`);
  const isControl = opcode >= OPCODES.close;
  if (isControl && (!isLast || bytes > MAX_CONTROL_BYTES)) {
    throw new WebSocketError(1002, `a control frame must be whole and have at most ${MAX_CONTROL_BYTES} bytes`);
  }
  if (bytes > MAX_MESSAGE_BYTES) throw tooLong();
}

function tooLong(): WebSocketError {
  return new WebSocketError(1009, `a message can have ${MAX_MESSAGE_BYTES} bytes and ${MAX_FRAGMENTS} fragments`);
}

function unmasked(payload: Buffer, mask: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(payload.length);
  for (let index = 0; index < payload.length; index++) {
    plain[index] = (payload[index] as number) ^ (mask[index & 3] as number);
  }
  return plain;
}

/** Returns a whole, unmasked frame. */
export function encodeFrame(opcode: Opcode, payload: Buffer): Buffer {
  const { length } = payload;
  const lengthBytes = length <= MAX_CONTROL_BYTES ? 0 : length < 2 ** 16 ? 2 : 8;
  const head = Buffer.alloc(2 + lengthBytes);
  head[0] = 0x80 | opcode;
  head[1] = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
  if (lengthBytes === 2) head.writeUInt16BE(length, 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
