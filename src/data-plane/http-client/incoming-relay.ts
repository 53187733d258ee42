// Relays a response of `http.request` to the client. Base class of the forwarders that use it.
import type { ClientRequest, IncomingMessage } from "node:http";
import { reasonOf } from "../http/errors.ts";
import type { Exchange, ResponseBody } from "../http/exchange.ts";
import type { ForwardOptions, ForwardOutcome } from "../http/forwarder.ts";
import { countBytesLeft, readRelayedHead } from "./relayed-head.ts";

export class IncomingRelay {
  protected readonly exchange: Exchange;
  protected readonly options: ForwardOptions;
  readonly #resolve: (outcome: ForwardOutcome) => void;
  #request: ClientRequest | undefined;
  #body: ResponseBody | undefined;
  #status = 0;
  #length: number | undefined;
  #received = 0;
  #settled = false;

  constructor(exchange: Exchange, options: ForwardOptions, resolve: (outcome: ForwardOutcome) => void) {
    this.exchange = exchange;
    this.options = options;
    this.#resolve = resolve;
  }

  cancel(): void {
    this.settle({ kind: "cancelled", body: this.#body, bytesLeft: countBytesLeft(this.#length, this.#received) });
    this.#request?.destroy();
  }

  onError(error: unknown): void {
    const { code = "ERROR", message, syscall } = error as NodeJS.ErrnoException;
    if (this.#body !== undefined) this.#cut();
    else {
      const resend = syscall === "connect" && !this.exchange.hasBody ? "unsent" : "no";
      this.settle({ kind: "unreachable", code: code === "ECONNRESET" ? "EOF" : code, message, resend });
    }
  }

  onResponse(response: IncomingMessage): void {
    if (this.#settled) return;
    const { exchange, options } = this;
    this.#status = response.statusCode ?? 0;
    options.onActivity?.(0);
    const { headers, length } = readRelayedHead(this.#status, response.rawHeaders);
    const empty = exchange.method === "HEAD" || this.#status === 204 || this.#status === 304;
    this.#length = empty ? 0 : length;
    const sent = options.onHead?.(this.#status, headers) ?? headers;
    const body = exchange.start(this.#status, reasonOf(this.#status), sent, empty);
    this.#body = body;
    if (!empty) body.flushHeaders?.();
    response.on("data", (chunk: Buffer) => {
      options.onActivity?.(chunk.length);
      this.#received += chunk.length;
      if (body.write(chunk)) return;
      response.pause();
      body.once("drain", () => response.resume());
    });
    response.on("end", () => {
      this.settle({ kind: "done", status: this.#status });
      exchange.trailers(response.rawTrailers);
      body.end();
    });
    response.on("error", () => this.#cut());
    response.on("aborted", () => this.#cut());
  }

  /** Settles the forward when the client's connection ends, and lets the caller cancel it. */
  protected watchClient(): void {
    const { exchange } = this;
    exchange.onClosed(() => {
      if (this.#settled) return;
      const upgraded = exchange.upgrade !== undefined && exchange.started;
      if (!upgraded) this.#request?.destroy();
      this.settle(upgraded ? { kind: "done", status: 101 } : { kind: "abandoned" });
    });
    this.options.onCancellable?.(this);
  }

  /** Relays interim responses of this request. */
  protected attach(request: ClientRequest): void {
    this.#request = request;
    request.on("information", (info) => {
      if (info.statusCode === 101) return;
      this.options.onActivity?.(0);
      this.exchange.sendInterim(info.statusCode, info.rawHeaders);
      this.options.onInterim?.(info.statusCode);
    });
  }

  protected get isSettled(): boolean {
    return this.#settled;
  }

  protected settle(outcome: ForwardOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#resolve(outcome);
  }

  #cut(): void {
    if (this.#settled) return;
    this.settle({ kind: "truncated", status: this.#status });
    this.exchange.abort("the container closed the connection before the response was complete");
  }
}
