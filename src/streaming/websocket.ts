// Serves one WebSocket connection: the handshake, messages, pings and the close. Reading waits for the consumer, and
// writing for the client, so a slow side holds no data in memory.
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import type { Exchange, RawHeaders, UpgradeSocket } from "../data-plane/http/exchange.ts";
import { headerValue, upgradeType } from "../data-plane/http/headers.ts";
import { encodeFrame, FrameReader, MessageReader, OPCODES, WebSocketError } from "./websocket-frames.ts";

const HANDSHAKE_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const VERSION = "13";
const NORMAL_CLOSURE = 1000;
/** How long the client has to close its side. */
const CLOSE_WITHIN_MS = 1_000;

/** Whether a request asks for a WebSocket connection. */
export function isWebSocketRequest(headers: RawHeaders): boolean {
  const key = headerValue(headers, "sec-websocket-key") ?? "";
  return (
    upgradeType(headers)?.toLowerCase() === "websocket" &&
    headerValue(headers, "sec-websocket-version") === VERSION &&
    Buffer.from(key, "base64").length === 16
  );
}

/** Returns the subprotocols that the client offers, the preferred one first. */
export function offeredProtocols(headers: RawHeaders): readonly string[] {
  const offered = headerValue(headers, "sec-websocket-protocol") ?? "";
  return offered
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/**
 * Answers the handshake of a request for which {@link isWebSocketRequest} is true. `protocol`: the chosen subprotocol,
 * "" for none.
 */
export function acceptWebSocket(exchange: Exchange, protocol: string): WebSocket {
  const key = headerValue(exchange.headers, "sec-websocket-key") ?? "";
  const accept = createHash("sha1")
    .update(key + HANDSHAKE_SUFFIX)
    .digest("base64");
  const headers = ["Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Accept", accept];
  if (protocol !== "") headers.push("Sec-WebSocket-Protocol", protocol);
  exchange.start(101, "Switching Protocols", headers);
  const { socket, head } = exchange.upgrade as UpgradeSocket;
  if (head.length > 0) socket.unshift(head);
  return new WebSocket(socket);
}

export class WebSocket {
  readonly #socket: Duplex;
  #isClosing = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
    // A broken connection ends `messages`.
    socket.on("error", () => {});
  }

  /**
   * Yields the messages of the client, text as UTF-8, and answers its pings. Ends when the client closes, violates the
   * protocol or disconnects. To be called once.
   */
  async *messages(): AsyncGenerator<Buffer> {
    try {
      yield* this.#read();
    } catch (error) {
      if (error instanceof WebSocketError) this.#sayClose(error.code, error.message);
    } finally {
      this.close();
      this.#socket.end(() => this.#socket.destroy());
    }
  }

  /** Sends a binary message, or a text message for a string. Resolves when the client can take more, or is gone. */
  send(message: Buffer | string): Promise<void> {
    const opcode = typeof message === "string" ? OPCODES.text : OPCODES.binary;
    return this.#isClosing ? Promise.resolve() : this.#write(encodeFrame(opcode, Buffer.from(message)));
  }

  /** Ends the connection after what was sent. The consumer of {@link messages} goes on reading until it ends. */
  close(): void {
    this.#sayClose(NORMAL_CLOSURE, "");
    const timer = setTimeout(() => this.#socket.destroy(), CLOSE_WITHIN_MS);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  async *#read(): AsyncGenerator<Buffer> {
    const frames = new FrameReader();
    const message = new MessageReader();
    // The close frame of the server is still to be written when this loop ends.
    for await (const chunk of this.#socket.iterator({ destroyOnReturn: false })) {
      frames.add(chunk as Buffer);
      for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
        if (frame.opcode === OPCODES.close) return;
        if (frame.opcode === OPCODES.ping) await this.#write(encodeFrame(OPCODES.pong, frame.payload));
        const whole = frame.opcode < OPCODES.close ? message.add(frame) : undefined;
        if (whole !== undefined) yield whole;
      }
    }
  }

  #sayClose(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    void this.#write(encodeFrame(OPCODES.close, Buffer.concat([payload, Buffer.from(reason)])));
  }

  #write(frame: Buffer): Promise<void> {
    const socket = this.#socket;
    if (socket.destroyed || !socket.writable) return Promise.resolve();
    return new Promise((resolve) => void socket.write(frame, () => resolve()));
  }
}
