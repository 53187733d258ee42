// Streams a request body to the container, in chunks or unchanged, with back pressure.
import type { Writable } from "node:stream";
import { dropBody } from "../http/after-body.ts";
import type { Exchange } from "../http/exchange.ts";
import type { ForwardOptions } from "../http/forwarder.ts";
import { headerLines } from "../http/headers.ts";

export interface PumpParts {
  readonly exchange: Exchange;
  readonly sink: Writable;
  readonly chunked: boolean;
  readonly options: Pick<ForwardOptions, "dropsTrailers" | "onRequestBody">;
  /** Called when the body is malformed or incomplete. */
  readonly onFault: (message: string) => void;
}

export class RequestPump {
  /** The whole body was written. */
  done = false;
  /** Number of bytes written. */
  taken = 0;
  readonly #exchange: Exchange;
  readonly #sink: Writable;
  readonly #chunked: boolean;
  readonly #onFault: (message: string) => void;
  readonly #options: PumpParts["options"];
  #stopped = false;
  #started = false;

  constructor({ exchange, sink, chunked, options, onFault }: PumpParts) {
    this.#exchange = exchange;
    this.#sink = sink;
    this.#chunked = chunked;
    this.#options = options;
    this.#onFault = onFault;
  }

  start(): void {
    if (this.#started || this.#stopped) return;
    this.#started = true;
    const { body } = this.#exchange;
    body.on("data", (chunk: Buffer) => this.#onData(chunk));
    body.on("end", () => this.#onEnd());
    body.on("error", (error) => {
      if (!this.#stopped) this.#onFault(error.message);
    });
  }

  /** Started, and the client has not sent the whole body. */
  get sending(): boolean {
    return this.#started && !this.done && !this.#stopped;
  }

  /** The sink can take more bytes. */
  resume(): void {
    if (this.#started && !this.#stopped) this.#exchange.body.resume();
  }

  /** Stops writing and drops the rest of the body; see {@link dropBody}. */
  discard(limit: number, then: (ended: boolean) => void): void {
    this.#stopped = true;
    dropBody(this.#exchange.body, limit, then);
  }

  /** Stops writing and drops the rest of the body. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    if (this.#started && !this.done) this.#exchange.body.resume();
  }

  #onData(chunk: Buffer): void {
    if (this.#stopped) return;
    const sink = this.#sink;
    this.taken += chunk.length;
    this.#options.onRequestBody?.(chunk.length);
    let ready: boolean;
    if (this.#chunked) {
      sink.cork();
      sink.write(`${chunk.length.toString(16)}\r\n`, "latin1");
      sink.write(chunk);
      ready = sink.write("\r\n", "latin1");
      sink.uncork();
    } else ready = sink.write(chunk);
    if (!ready) this.#exchange.body.pause();
  }

  #onEnd(): void {
    if (this.#stopped) return;
    this.done = true;
    if (!this.#chunked) return;
    const trailers = this.#options.dropsTrailers ? [] : this.#exchange.requestTrailers();
    this.#sink.write(`0\r\n${headerLines(trailers)}\r\n`, "latin1");
  }
}
