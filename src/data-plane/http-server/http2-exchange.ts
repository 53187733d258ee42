// Implements Exchange for an HTTP/2 stream. Uses the core API of node:http2, because its compatibility API loses
// trailers-only responses.
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Readable } from "node:stream";
import { ClosedHooks } from "../http/closed-hooks.ts";
import type { Exchange, ListenerKind, RawHeaders, RequestTiming, ResponseBody } from "../http/exchange.ts";
import { asOutgoing, failStream } from "../http/http2.ts";
import { plainAddress } from "./http1-exchange.ts";
import type { ListenerState } from "./listener-options.ts";

export interface Http2Request {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: RawHeaders;
  /** The request has no body. */
  readonly ended: boolean;
}

export interface Http2Parts extends Http2Request {
  readonly target: string;
  readonly state: ListenerState;
}

export class Http2Exchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly version = "2";
  readonly headers: RawHeaders;
  readonly hasBody: boolean;
  readonly listener: ListenerKind;
  readonly timing: RequestTiming = {};
  started = false;
  /** This side ended the stream with an error. */
  isAborted = false;
  readonly #stream: ServerHttp2Stream;
  readonly #closed = new ClosedHooks();
  #requestTrailer: RawHeaders = [];
  #answerTrailers: RawHeaders = [];

  constructor(parts: Http2Parts) {
    this.#stream = parts.stream;
    this.method = String(parts.headers[":method"] ?? "GET");
    this.target = parts.target;
    this.host = String(parts.headers[":authority"] ?? parts.headers.host ?? "");
    this.headers = plainHeaders(parts.rawHeaders, this.host);
    this.hasBody = !parts.ended;
    this.listener = parts.state.listener;
    const stream = this.#stream;
    stream.on("close", () => this.#closed.run());
    if (this.hasBody) {
      stream.on("trailers", (_headers, _flags, ...more: unknown[]) => {
        this.#requestTrailer = (more[0] as RawHeaders | undefined) ?? [];
      });
    }
  }

  get peer(): string {
    return plainAddress(this.#stream.session?.socket?.remoteAddress);
  }

  get body(): Readable {
    return this.#stream;
  }

  requestTrailers(): RawHeaders {
    return this.#requestTrailer;
  }

  sendInterim(status: number, headers: RawHeaders): void {
    if (this.started || this.#stream.destroyed || this.#stream.headersSent) return;
    try {
      this.#stream.additionalHeaders({ ...asOutgoing(headers), ":status": status });
    } catch {
      // node:http2 does not send every header that a parser accepts. The client does not need the interim response.
    }
  }

  start(status: number, _reason: string, headers: RawHeaders, empty = false): ResponseBody {
    const stream = this.#stream;
    if (!stream.destroyed && !stream.closed) {
      stream.respond(
        { ...asOutgoing(headers), ":status": status },
        { endStream: empty, waitForTrailers: !empty && this.method !== "HEAD" },
      );
    }
    this.started = true;
    this.timing.status = status;
    if (!empty) stream.once("wantTrailers", () => this.#sendTrailers());
    return stream;
  }

  trailers(headers: RawHeaders): void {
    this.#answerTrailers = headers;
  }

  abort(why: string): void {
    this.isAborted = true;
    failStream(this.#stream, why);
  }

  onClosed(run: () => void): void {
    this.#closed.add(run);
  }

  #sendTrailers(): void {
    const stream = this.#stream;
    if (stream.destroyed) return;
    try {
      stream.sendTrailers(asOutgoing(this.#answerTrailers));
      // Like Go, does not wait for the rest of the request. Node has sent the end of the response by the next turn.
      if (this.hasBody && !stream.readableEnded) setImmediate(() => stream.close());
    } catch (fault) {
      this.abort(String(fault));
    }
  }
}

/** Removes pseudo-headers and adds the authority as Host. */
function plainHeaders(raw: RawHeaders, host: string): RawHeaders {
  const headers: string[] = host === "" ? [] : ["host", host];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (name.charCodeAt(0) !== 0x3a && name !== "host") headers.push(name, raw[index + 1] as string);
  }
  return headers;
}
