// One HTTP/1.1 connection to a container: request bytes out, parsed responses in, one request at a time. It knows no pool and no client.
import { connect, type Socket } from "node:net";
import { type ResponseEvents, type ResponseHead, ResponseParser } from "./response-parser.ts";

/** Whoever has sent a request on the connection. */
export interface ResponseReceiver extends ResponseEvents {
  /** All bytes of one read have been handed over: now is the time to pass on what was held. */
  onBatch(): void;
  /** The connection broke, or what came is no HTTP, before the response was whole. */
  onFault(code: string, message: string): void;
  /** More request bytes may be written. */
  onDrain(): void;
  /** The container switched protocols (a 101 head was passed on): bytes that are no HTTP, which the taker may keep. */
  onTunnel?(bytes: Buffer): void;
  /** The container ended its side of an upgraded connection. */
  onTunnelEnd?(): void;
}

export interface ConnectionOwner {
  readonly host: string;
  readonly port: number;
  /** The socket is gone: forget the connection. `code` and `message` tell why. */
  forget(connection: UpstreamConnection, code: string, message: string): void;
  connected(connection: UpstreamConnection): void;
}

/** All reads go through one buffer: it is looked at at once, and the parser copies what it hands on. */
const READ_BUFFER = 64 * 1024;
const shared = Buffer.allocUnsafeSlow(READ_BUFFER);
const KEEP_ALIVE_PROBE_MS = 5_000;
/** How long an answer may still come in after the container has stopped reading. */
const LAST_WORDS_MS = 50;

export class UpstreamConnection implements ResponseEvents {
  readonly socket: Socket;
  /** How many requests were sent on it. */
  uses = 0;
  /** Bytes of a response have been seen since the last request was sent. */
  answered = false;
  connected = false;
  idleSince = 0;
  readonly #owner: ConnectionOwner;
  readonly #parser: ResponseParser;
  #taker: ResponseReceiver | undefined;
  #keepAlive = false;
  #upgraded = false;
  #paused = false;
  #over = false;

  constructor(owner: ConnectionOwner) {
    this.#owner = owner;
    this.#parser = new ResponseParser(this);
    this.socket = connect({
      host: owner.host,
      port: owner.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
      onread: { buffer: shared, callback: (length, buffer) => this.#onRead(length, buffer as Buffer) },
    });
    this.#surviveWriteErrors();
    this.socket.on("connect", () => {
      this.connected = true;
      owner.connected(this);
    });
    this.socket.on("drain", () => this.#taker?.onDrain());
    this.socket.on("end", () => this.#onEof());
    this.socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(error.code ?? "ERROR", error.message));
    this.socket.on("close", () => {
      this.#fail("EOF", "EOF");
      // Not at once: this may be running inside the parser.
      setImmediate(() => this.#parser.close());
    });
  }

  get busy(): boolean {
    return this.#taker !== undefined;
  }

  /** Gives the connection to a request; it is free again after `onEnd` when {@link reusable}. */
  lend(taker: ResponseReceiver): void {
    this.#taker = taker;
    this.uses += 1;
    this.answered = false;
  }

  /** The connection was upgraded: somebody else takes what comes now. */
  handTo(taker: ResponseReceiver): void {
    this.#taker = taker;
  }

  /** Whether another request may be sent; asked after a response has ended. */
  get reusable(): boolean {
    return this.#keepAlive && !this.#over && !this.socket.destroyed && this.socket.writable;
  }

  /** Takes the connection back from its request, keeping it open. */
  free(): void {
    this.#taker = undefined;
  }

  /** Ends the connection; its request hears nothing more. */
  destroy(): void {
    this.#taker = undefined;
    this.#over = true;
    this.socket.destroy();
  }

  /** Stops reading until {@link resume}: the client is slower than the container. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  onHead(head: ResponseHead): boolean {
    const taker = this.#taker;
    if (taker === undefined) return false;
    this.#keepAlive = head.keepAlive;
    this.#upgraded = head.status === 101;
    return taker.onHead(head);
  }

  onBody(chunk: Buffer): void {
    this.#taker?.onBody(chunk);
  }

  onEnd(trailers: readonly string[]): void {
    if (!this.#upgraded) this.#taker?.onEnd(trailers);
  }

  /**
   * A container that answers early and closes makes the next write fail, and a failed write ends a socket in Node with its answer unread.
   * Here reading goes on: until it ends by itself once an answer has begun, else for a moment.
   */
  #surviveWriteErrors(): void {
    const { socket } = this;
    const destroy = socket.destroy.bind(socket);
    let failed = false;
    socket.destroy = (error?: Error): Socket => {
      if ((error as NodeJS.ErrnoException | undefined)?.syscall !== "write" || failed || this.#over)
        return destroy(error);
      failed = true;
      setTimeout(() => this.answered || destroy(error), LAST_WORDS_MS);
      return socket;
    };
  }

  #onRead(length: number, buffer: Buffer): boolean {
    const bytes = buffer.subarray(0, length);
    if (this.#upgraded) {
      this.#taker?.onTunnel?.(Buffer.from(bytes));
      return !this.#paused;
    }
    this.answered = true;
    if (this.#taker === undefined) {
      // Nobody asked: what comes on an idle connection belongs to no request.
      this.destroy();
      return false;
    }
    const result = this.#parser.read(bytes);
    if (typeof result !== "number") this.#onGarbage(result, bytes);
    else if (!this.#upgraded) this.#taker?.onBatch();
    else if (result < length) this.#taker?.onTunnel?.(Buffer.from(bytes.subarray(result)));
    return !this.#paused;
  }

  /** After a whole response the rest is nobody's: the connection is just not used again. */
  #onGarbage(error: NodeJS.ErrnoException, bytes: Buffer): void {
    this.#keepAlive = false;
    const line = bytes.toString("latin1", 0, 128).split("\r\n", 1)[0] ?? "";
    this.#fail(error.code ?? "HPE_INVALID", `malformed HTTP response ${JSON.stringify(line)}`);
  }

  #onEof(): void {
    if (this.#upgraded) {
      this.#taker?.onTunnelEnd?.();
      return;
    }
    if (this.#taker !== undefined && this.answered) {
      this.#keepAlive = false;
      const error = this.#parser.end();
      if (error === undefined) this.#taker?.onBatch();
      else this.#fail("EOF", "unexpected EOF");
    }
    this.#fail("EOF", "EOF");
  }

  #fail(code: string, message: string): void {
    const taker = this.#taker;
    this.#taker = undefined;
    this.#owner.forget(this, code, message);
    this.#over = true;
    this.socket.destroy();
    taker?.onFault(code, message);
  }
}
