// Implements one HTTP/1.1 connection to a container, for one request at a time.
import { connect, type Socket } from "node:net";
import { type ResponseEvents, type ResponseHead, ResponseParser } from "./response-parser.ts";

/** Receives the events of the request that uses the connection. */
export interface ResponseReceiver extends ResponseEvents {
  /** All events of one read were delivered. */
  onBatch(): void;
  /** The connection broke, or the bytes were not HTTP, before the response was complete. */
  onFault(code: string, message: string): void;
  /** The socket can take more request bytes. */
  onDrain(): void;
  /** Bytes after a 101. The receiver may keep the buffer. */
  onTunnel?(bytes: Buffer): void;
  /** The container ended its side of an upgraded connection. */
  onTunnelEnd?(): void;
}

export interface ConnectionOwner {
  readonly host: string;
  readonly port: number;
  /** The socket has closed. `code` and `message` give the reason. */
  forget(connection: UpstreamConnection, code: string, message: string): void;
  connected(connection: UpstreamConnection): void;
}

/** All sockets read into this buffer. The parser parses it immediately and copies the bytes that it passes on. */
const READ_BUFFER = 64 * 1024;
const shared = Buffer.allocUnsafeSlow(READ_BUFFER);
const KEEP_ALIVE_PROBE_MS = 5_000;
/** How long to wait for a response after a write failed because the container stopped reading. */
const LATE_RESPONSE_MS = 50;

export class UpstreamConnection implements ResponseEvents {
  readonly socket: Socket;
  /** Number of requests sent on this connection. */
  uses = 0;
  /** Response bytes have arrived for the last request. */
  answered = false;
  connected = false;
  idleSince = 0;
  readonly #owner: ConnectionOwner;
  readonly #parser: ResponseParser;
  #receiver: ResponseReceiver | undefined;
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
      // An upgraded connection stays open for the client's bytes after the container has ended its side.
      allowHalfOpen: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
      onread: { buffer: shared, callback: (length, buffer) => this.#onRead(length, buffer as Buffer) },
    });
    this.#surviveWriteErrors();
    this.socket.on("connect", () => {
      this.connected = true;
      owner.connected(this);
    });
    this.socket.on("drain", () => this.#receiver?.onDrain());
    this.socket.on("end", () => this.#onEof());
    this.socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(error.code ?? "ERROR", error.message));
    this.socket.on("close", () => {
      this.#fail("EOF", "EOF");
      // Deferred, because this can run inside the parser.
      setImmediate(() => this.#parser.close());
    });
  }

  /** Assigns the connection to a request. It is free again after `onEnd` if it is {@link reusable}. */
  assign(receiver: ResponseReceiver): void {
    this.#receiver = receiver;
    this.uses += 1;
    this.answered = false;
  }

  /** Assigns an upgraded connection to another receiver. */
  replaceReceiver(receiver: ResponseReceiver): void {
    this.#receiver = receiver;
  }

  /** Whether another request can be sent after a response has ended. */
  get reusable(): boolean {
    return this.#keepAlive && !this.#over && !this.socket.destroyed && this.socket.writable;
  }

  /** Detaches the request and keeps the connection open. */
  free(): void {
    this.#receiver = undefined;
  }

  /** Closes the connection without an event to its request. */
  destroy(): void {
    this.#receiver = undefined;
    this.#over = true;
    this.socket.destroy();
  }

  /** Stops reading until {@link resume}, because the client reads more slowly than the container sends. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.socket.resume();
  }

  onHead(head: ResponseHead): boolean {
    const receiver = this.#receiver;
    if (receiver === undefined) return false;
    this.#keepAlive = head.keepAlive;
    this.#upgraded = head.status === 101;
    return receiver.onHead(head);
  }

  onBody(chunk: Buffer): void {
    this.#receiver?.onBody(chunk);
  }

  onEnd(trailers: readonly string[]): void {
    if (!this.#upgraded) this.#receiver?.onEnd(trailers);
  }

  /**
   * If a container responds early and closes the connection, the next write fails, and Node destroys the socket before
   * the response is read. This function delays the destruction.
   */
  #surviveWriteErrors(): void {
    const { socket } = this;
    const destroy = socket.destroy.bind(socket);
    let failed = false;
    socket.destroy = (error?: Error): Socket => {
      if ((error as NodeJS.ErrnoException | undefined)?.syscall !== "write" || failed || this.#over)
        return destroy(error);
      failed = true;
      setTimeout(() => this.answered || destroy(error), LATE_RESPONSE_MS);
      return socket;
    };
  }

  #onRead(length: number, buffer: Buffer): boolean {
    const bytes = buffer.subarray(0, length);
    if (this.#upgraded) {
      this.#receiver?.onTunnel?.(Buffer.from(bytes));
      return !this.#paused;
    }
    this.answered = true;
    if (this.#receiver === undefined) {
      // Bytes on an idle connection belong to no request.
      this.destroy();
      return false;
    }
    const result = this.#parse(bytes);
    if (typeof result !== "number") this.#onGarbage(result, bytes);
    else if (!this.#upgraded) this.#receiver?.onBatch();
    else if (result < length) this.#receiver?.onTunnel?.(Buffer.from(bytes.subarray(result)));
    return !this.#paused;
  }

  /** An exception of the receiver is a fault of this connection only. */
  #parse(bytes: Buffer): number | NodeJS.ErrnoException {
    try {
      return this.#parser.read(bytes);
    } catch (fault) {
      return fault as NodeJS.ErrnoException;
    }
  }

  #onGarbage(error: NodeJS.ErrnoException, bytes: Buffer): void {
    this.#keepAlive = false;
    const line = bytes.toString("latin1", 0, 128).split("\r\n", 1)[0] ?? "";
    this.#fail(error.code ?? "HPE_INVALID", `malformed HTTP response ${JSON.stringify(line)}`);
  }

  #onEof(): void {
    if (this.#upgraded) {
      this.#receiver?.onTunnelEnd?.();
      return;
    }
    if (this.#receiver !== undefined && this.answered) {
      this.#keepAlive = false;
      const error = this.#parser.end();
      if (error === undefined) this.#receiver?.onBatch();
      else this.#fail("EOF", "unexpected EOF");
    }
    this.#fail("EOF", "EOF");
  }

  #fail(code: string, message: string): void {
    const receiver = this.#receiver;
    this.#receiver = undefined;
    this.#owner.forget(this, code, message);
    this.#over = true;
    this.socket.destroy();
    receiver?.onFault(code, message);
  }
}
