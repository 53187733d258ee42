// Implements Exchange for an HTTP/1 request of a node:http server, and sets the headers of the client's connection.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { ClosedHooks } from "../http/closed-hooks.ts";
import { reasonOf } from "../http/errors.ts";
import type {
  Exchange,
  ListenerKind,
  RawHeaders,
  RequestTiming,
  ResponseBody,
  UpgradeSocket,
} from "../http/exchange.ts";
import { hasToken, headerLines, headerValue, withHeader } from "../http/headers.ts";
import type { ListenerState } from "./listener-options.ts";

/** A request that passed validation. */
export interface Http1Parts {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly target: string;
  /** The host of an absolute-form target; takes precedence over the Host header. */
  readonly host: string | undefined;
  readonly state: ListenerState;
  readonly upgrade: UpgradeSocket | undefined;
}

/** The fault of a client that closed its side within a body. knap sends no reply to it. */
export const UNEXPECTED_EOF = "unexpected EOF";

/** An abort still writes up to this number of unsent bytes. With more, it destroys the socket at once. */
const MAX_UNSENT_BYTES = 64 * 1024;

export class Http1Exchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly upgrade?: UpgradeSocket;
  readonly timing: RequestTiming = {};
  started = false;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #state: ListenerState;
  readonly #absoluteHost: string | undefined;
  #list: RawHeaders | undefined;
  readonly #closed = new ClosedHooks();
  #continued = false;

  constructor(parts: Http1Parts) {
    this.#request = parts.request;
    this.#response = parts.response;
    this.#state = parts.state;
    this.method = parts.request.method as string;
    this.target = parts.target;
    this.#absoluteHost = parts.host;
    if (parts.upgrade !== undefined) this.upgrade = parts.upgrade;
  }

  get native(): { readonly request: IncomingMessage; readonly response: ServerResponse } {
    return { request: this.#request, response: this.#response };
  }

  get host(): string {
    return this.#absoluteHost ?? this.#request.headers.host ?? "";
  }

  get version(): "1.0" | "1.1" {
    return this.#request.httpVersionMinor === 0 ? "1.0" : "1.1";
  }

  get headers(): RawHeaders {
    if (this.#absoluteHost === undefined) return this.#request.rawHeaders;
    this.#list ??= withHeader(this.#request.rawHeaders, "Host", this.#absoluteHost);
    return this.#list;
  }

  get peer(): string {
    return plainAddress(this.#request.socket.remoteAddress);
  }

  get listener(): ListenerKind {
    return this.#state.listener;
  }

  get body(): Readable {
    return this.#request;
  }

  get hasBody(): boolean {
    const { headers } = this.#request;
    if (this.upgrade !== undefined) return false;
    const length = headers["content-length"];
    return headers["transfer-encoding"] !== undefined || (length !== undefined && Number(length) > 0);
  }

  requestTrailers(): RawHeaders {
    return this.#request.rawTrailers;
  }

  sendInterim(status: number, headers: RawHeaders): void {
    const socket = this.#response.socket;
    // A pipelined request that waits for its turn has no socket. HTTP/1.0 clients get no interim responses.
    if (this.started || socket === null || this.version === "1.0") return;
    if (status === 100) {
      if (!this.#continued) this.#response.writeContinue();
      this.#continued = true;
      return;
    }
    socket.write(`HTTP/1.1 ${status} ${reasonOf(status)}\r\n${headerLines(headers)}\r\n`, "latin1");
  }

  start(status: number, reason: string, headers: RawHeaders, _empty?: boolean): ResponseBody {
    if (status === 101 && this.upgrade !== undefined) return this.#switchProtocols(reason, headers);
    const response = this.#response;
    // Go does not send the `Connection: keep-alive` that node:http adds.
    response.removeHeader("connection");
    const connection = this.#connectionHeader(status, headers);
    const sent = connection === undefined ? headers : [...headers, "Connection", connection];
    const write = (): void => void response.writeHead(status, reason, sent as string[]);
    if (this.#announcesTrailersWithoutChunks(status, headers)) {
      // node:http refuses a Trailer header without chunked encoding; Go sends it.
      withFixedProperty(response, "shouldKeepAlive", response.shouldKeepAlive, () => {
        withFixedProperty(response, "chunkedEncoding", true, write);
      });
      response.chunkedEncoding = false;
    } else if (this.#request.headers.expect !== undefined && response.shouldKeepAlive) {
      // node:http closes the connection after any Expect header that it did not answer with 100 itself.
      withFixedProperty(response, "shouldKeepAlive", true, write);
    } else write();
    this.started = true;
    this.timing.status = status;
    return response;
  }

  trailers(headers: RawHeaders): void {
    if (headers.length === 0 || this.version === "1.0") return;
    const pairs: [string, string][] = [];
    for (let index = 0; index < headers.length; index += 2) {
      pairs.push([headers[index] as string, headers[index + 1] as string]);
    }
    this.#response.addTrailers(pairs);
  }

  abort(_why: string): void {
    const socket = (this.upgrade?.socket ?? this.#response.socket ?? this.#request.socket) as Socket;
    if (this.started && socket.writableLength <= MAX_UNSENT_BYTES) socket.destroySoon();
    else socket.destroy();
  }

  onClosed(run: () => void): void {
    this.#closed.add(run);
  }

  /**
   * Called by the listener if the body is malformed. Readers of the body get an error, now or when they start to read.
   * Returns false if the body is complete or the exchange has ended.
   */
  failBody(why: string): boolean {
    const request = this.#request;
    if (this.#closed.over || request.complete || !this.hasBody) return false;
    this.#response.shouldKeepAlive = false;
    // A response that has begun cannot announce the close.
    if (this.started) this.onClosed(() => request.socket.destroySoon());
    if (why === UNEXPECTED_EOF) request.socket.destroy();
    else if (request.listenerCount("error") > 0) request.emit("error", new Error(why));
    else this.#failOnceRead(new Error(why));
    return true;
  }

  /** Emits the error when a reader starts, after the data that arrived before the fault. */
  #failOnceRead(fault: Error): void {
    const request = this.#request;
    const onNewListener = (event: string): void => {
      if (event !== "error") return;
      request.off("newListener", onNewListener);
      setImmediate(() => request.emit("error", fault));
    };
    request.on("newListener", onNewListener);
  }

  get isClosed(): boolean {
    return this.#closed.over;
  }

  /** Called by the listener when the request has ended. */
  close(): void {
    this.#closed.run();
  }

  #switchProtocols(reason: string, headers: RawHeaders): ResponseBody {
    this.started = true;
    this.timing.status = 101;
    const socket = this.upgrade?.socket as Socket;
    this.upgrade?.unwatch();
    this.#response.detachSocket(socket);
    const date = headerValue(headers, "date") === undefined ? `Date: ${new Date().toUTCString()}\r\n` : "";
    socket.write(`HTTP/1.1 101 ${reason}\r\n${headerLines(headers)}${date}\r\n`, "latin1");
    socket.once("close", () => this.#closed.run());
    return socket;
  }

  #connectionHeader(status: number, headers: RawHeaders): string | undefined {
    const response = this.#response;
    const request = this.#request;
    const old = request.httpVersionMinor === 0;
    if (!response.shouldKeepAlive) return old ? undefined : "close";
    if (this.#state.closing || this.#awaitsContinue()) {
      response.shouldKeepAlive = false;
      return "close";
    }
    if (!old) return undefined;
    const isDelimited = headerValue(headers, "content-length") !== undefined || this.#isBodiless(status);
    return isDelimited ? "keep-alive" : undefined;
  }

  /** Returns true if the response has a `Trailer` header but no chunks, so that no trailer can follow. */
  #announcesTrailersWithoutChunks(status: number, headers: RawHeaders): boolean {
    if (!this.#isBodiless(status) && this.#request.httpVersionMinor > 0) return false;
    return headerValue(headers, "trailer") !== undefined;
  }

  #isBodiless(status: number): boolean {
    return this.method === "HEAD" || status === 204 || status === 304;
  }

  /** Returns true if the client may wait for a 100. Its next bytes are then either the body or another request. */
  #awaitsContinue(): boolean {
    const { expect } = this.#request.headers;
    return expect !== undefined && !this.#request.readableEnded && this.hasBody && hasToken(expect, "100-continue");
  }
}

/** Runs `act` while the response's property reads as `value` and ignores assignments. */
function withFixedProperty<K extends "chunkedEncoding" | "shouldKeepAlive">(
  response: ServerResponse,
  key: K,
  value: ServerResponse[K],
  act: () => void,
): void {
  Object.defineProperty(response, key, { get: () => value, set: () => {}, configurable: true });
  try {
    act();
  } finally {
    Object.defineProperty(response, key, { value, writable: true, configurable: true, enumerable: true });
  }
}

/** Removes the prefix of an IPv4-mapped IPv6 address. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") ? address.slice(7) : address;
}
