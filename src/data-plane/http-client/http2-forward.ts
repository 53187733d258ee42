// Forwards one request to a container over cleartext HTTP/2 (h2c) and streams the response to the client.
import { type ClientHttp2Stream, constants, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { reasonOf } from "../http/errors.ts";
import type { Exchange, RawHeaders, ResponseBody } from "../http/exchange.ts";
import type { ForwardOptions, ForwardOutcome } from "../http/forwarder.ts";
import { hasToken, headerValue, headerValues, namedInConnection, withoutHeaders } from "../http/headers.ts";
import { asOutgoing, cancelStream } from "../http/http2.ts";
import type { H2cSessions, SessionLease } from "./h2c-sessions.ts";
import { countBytesLeft, readRelayedHead } from "./relayed-head.ts";
import { CONTINUE_WAIT_MS, REPLAYABLE_METHODS, refusalOf } from "./request-head.ts";

/** Error code names of RFC 9113, section 7. */
const RESET_NAMES = [
  "NO_ERROR",
  "PROTOCOL_ERROR",
  "INTERNAL_ERROR",
  "FLOW_CONTROL_ERROR",
  "SETTINGS_TIMEOUT",
  "STREAM_CLOSED",
  "FRAME_SIZE_ERROR",
  "REFUSED_STREAM",
  "CANCEL",
  "COMPRESSION_ERROR",
  "CONNECT_ERROR",
  "ENHANCE_YOUR_CALM",
  "INADEQUATE_SECURITY",
  "HTTP_1_1_REQUIRED",
];
const END_STREAM = 1;

export class Http2Forward {
  readonly #sessions: H2cSessions;
  readonly #exchange: Exchange;
  readonly #options: ForwardOptions;
  readonly #resolve: (outcome: ForwardOutcome) => void;
  #stream: ClientHttp2Stream | undefined;
  #body: ResponseBody | undefined;
  #status = 0;
  #length: number | undefined;
  #received = 0;
  #settled = false;
  #tries = 0;
  /** A container may have received the request on an earlier session. */
  #wasSent = false;
  #pumping = false;
  #continueTimer: NodeJS.Timeout | undefined;

  constructor(
    sessions: H2cSessions,
    exchange: Exchange,
    options: ForwardOptions,
    resolve: (outcome: ForwardOutcome) => void,
  ) {
    this.#sessions = sessions;
    this.#exchange = exchange;
    this.#options = options;
    this.#resolve = resolve;
  }

  begin(): void {
    const exchange = this.#exchange;
    const refusal = refusalOf(exchange.method, undefined);
    if (refusal !== undefined) {
      this.#settle({ kind: "unreachable", code: "EREFUSED", message: refusal, resend: "no" });
      return;
    }
    exchange.onClosed(() => this.#onClientGone());
    this.#options.onCancellable?.(this);
    if (!this.#settled) this.#send();
  }

  cancel(): void {
    if (this.#settled) return;
    this.#settle({ kind: "cancelled", body: this.#body, bytesLeft: countBytesLeft(this.#length, this.#received) });
    if (this.#stream !== undefined) cancelStream(this.#stream);
  }

  #send(): void {
    const exchange = this.#exchange;
    const sessions = this.#sessions;
    const lease = sessions.take();
    if (lease === undefined) {
      const message = "the container is being stopped";
      this.#settle({ kind: "unreachable", code: "ECLOSED", message, resend: this.#wasSent ? "no" : "unsent" });
      return;
    }
    const { hasBody } = exchange;
    const headers = requestHeaders(exchange, this.#options.headers, sessions.authority);
    const stream = catchError(() => lease.session.request(headers, { endStream: !hasBody, waitForTrailers: hasBody }));
    if (stream instanceof Error) {
      this.#settle({
        kind: "unreachable",
        code: "EHEAD",
        message: String(stream),
        resend: isSessionFault(stream) ? "unsent" : "no",
      });
      return;
    }
    this.#stream = stream;
    this.#tries += 1;
    stream.on("headers", (headers, _flags, ...more: unknown[]) => this.#onInterim(headers, more[0] as RawHeaders));
    stream.on("response", (headers, flags, ...more: unknown[]) => {
      this.#onHead(headers, (flags & END_STREAM) !== 0, more[0] as RawHeaders);
    });
    stream.on("data", (chunk: Buffer) => this.#onBody(chunk));
    stream.on("trailers", (_headers, _flags, ...more: unknown[]) => exchange.trailers(more[0] as RawHeaders));
    stream.on("end", () => this.#onEnd());
    stream.on("error", (error: NodeJS.ErrnoException) => this.#onFault(stream, lease, error));
    stream.on("close", () => this.#onFault(stream, lease, undefined));
    if (!hasBody) return;
    // The body stays unread until the session is connected.
    if (stream.pending) stream.once("ready", () => this.#beginBody());
    else this.#beginBody();
  }

  #beginBody(): void {
    if (this.#settled) return;
    const expects = hasToken(headerValue(this.#options.headers, "expect") ?? "", "100-continue");
    if (expects) this.#continueTimer = setTimeout(() => this.#sendBody(), CONTINUE_WAIT_MS);
    else this.#pump();
  }

  #onInterim(headers: IncomingHttpHeaders, raw: RawHeaders): void {
    const status = Number(headers[":status"]);
    this.#options.onActivity?.(0);
    if (status === 100 && this.#continueTimer !== undefined) this.#sendBody();
    else this.#exchange.sendInterim(status, plain(raw));
    this.#options.onInterim?.(status);
  }

  #onHead(headers: IncomingHttpHeaders, ended: boolean, raw: RawHeaders): void {
    if (this.#settled) return;
    const exchange = this.#exchange;
    const options = this.#options;
    this.#status = Number(headers[":status"]);
    options.onActivity?.(0);
    const answer = readRelayedHead(this.#status, plain(raw), true);
    // Go knows the length of a response that ends with its head, and sends it.
    if (ended && answer.length === undefined && mayHaveBody(exchange.method, this.#status))
      answer.headers.push("Content-Length", "0");
    const sent = options.onHead?.(this.#status, answer.headers) ?? answer.headers;
    const empty = ended || !mayHaveBody(exchange.method, this.#status);
    this.#length = empty ? 0 : answer.length;
    const body = catchError(() => exchange.start(this.#status, reasonOf(this.#status), sent, empty));
    if (body instanceof Error) {
      this.#settle({ kind: "unreachable", code: "EHEAD", message: String(body), resend: "no" });
      if (this.#stream !== undefined) cancelStream(this.#stream);
      return;
    }
    this.#body = body;
    if (!empty) body.flushHeaders?.();
  }

  #onBody(chunk: Buffer): void {
    const body = this.#body;
    const stream = this.#stream;
    if (this.#settled || body === undefined) return;
    this.#options.onActivity?.(chunk.length);
    this.#received += chunk.length;
    if (body.write(chunk)) return;
    stream?.pause();
    body.once("drain", () => stream?.resume());
  }

  #onEnd(): void {
    if (this.#settled || this.#body === undefined || this.#stream?.rstCode !== 0) return;
    this.#settle({ kind: "done", status: this.#status });
    if (this.#pumping && !this.#exchange.body.readableEnded) this.#stream.close();
    this.#body.end();
  }

  #onFault(stream: ClientHttp2Stream, lease: SessionLease, error: NodeJS.ErrnoException | undefined): void {
    if (this.#settled || stream !== this.#stream) return;
    const body = this.#body;
    const exchange = this.#exchange;
    if (body !== undefined) {
      this.#settle({ kind: "truncated", status: this.#status });
      exchange.abort("the container reset the stream");
      return;
    }
    const isRefused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    // As over HTTP/1, a request is sent again if the container closed a connection that had served others.
    const mayBeDown = !lease.fresh || this.#options.canResend === true;
    const isStale = mayBeDown && lease.session.destroyed && REPLAYABLE_METHODS.has(exchange.method);
    if (!exchange.hasBody && this.#tries < 3 && (isRefused || isStale)) {
      this.#wasSent ||= isStale;
      this.#send();
      return;
    }
    const isUnsent = stream.pending || (isRefused && !exchange.hasBody);
    const resend = this.#wasSent ? "replay" : "unsent";
    this.#settle({ kind: "unreachable", ...faultOf(stream, error), resend: isUnsent ? resend : "no" });
  }

  #onClientGone(): void {
    if (this.#settled) return;
    this.#settle({ kind: "abandoned" });
    if (this.#stream !== undefined) cancelStream(this.#stream);
  }

  #sendBody(): void {
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
    this.#exchange.sendInterim(100, []);
    this.#pump();
  }

  #pump(): void {
    const stream = this.#stream;
    const exchange = this.#exchange;
    if (stream === undefined || this.#pumping) return;
    this.#pumping = true;
    const { body } = exchange;
    stream.once("wantTrailers", () => {
      const trailers = this.#options.dropsTrailers ? [] : exchange.requestTrailers();
      if (trailers.length > 0) stream.sendTrailers(asOutgoing(trailers));
      else stream.sendTrailers({});
    });
    body.on("data", (chunk: Buffer) => {
      if (!stream.writable) return;
      this.#options.onRequestBody?.(chunk.length);
      if (!stream.write(chunk)) body.pause();
    });
    stream.on("drain", () => body.resume());
    body.on("end", () => {
      if (stream.writable) stream.end();
    });
    body.on("error", (fault) => this.#onBodyFault(stream, fault.message));
  }

  /** The client's body is malformed or incomplete. */
  #onBodyFault(stream: ClientHttp2Stream, message: string): void {
    if (this.#settled) return;
    if (this.#body === undefined) this.#settle({ kind: "unreachable", code: "EBODY", message, resend: "no" });
    else {
      this.#settle({ kind: "truncated", status: this.#status });
      this.#exchange.abort(message);
    }
    cancelStream(stream);
  }

  #settle(outcome: ForwardOutcome): void {
    this.#settled = true;
    if (this.#continueTimer !== undefined) clearTimeout(this.#continueTimer);
    if (this.#pumping) this.#exchange.body.resume();
    this.#resolve(outcome);
  }
}

/** Returns the error of `act`: node:http2 does not send every header that a parser accepts. */
function catchError<T>(act: () => T): T | Error {
  try {
    return act();
  } catch (fault) {
    return fault as Error;
  }
}

function mayHaveBody(method: string, status: number): boolean {
  return method !== "HEAD" && status !== 204 && status !== 304;
}

/** Returns true if the session ended before it could send the request. */
function isSessionFault({ code }: NodeJS.ErrnoException): boolean {
  return code === "ERR_HTTP2_INVALID_SESSION" || code === "ERR_HTTP2_GOAWAY_SESSION";
}

function plain(raw: RawHeaders): RawHeaders {
  return raw.filter((_, index) => (raw[index - (index % 2)] as string).charCodeAt(0) !== 0x3a);
}

function requestHeaders(exchange: Exchange, headers: RawHeaders, authority: string): OutgoingHttpHeaders {
  const named = namedInConnection(headers);
  const out = asOutgoing(named === undefined ? headers : withoutHeaders(headers, named));
  const host = headerValue(headers, "host");
  if (headerValues(headers, "te").some((value) => hasToken(value, "trailers"))) out["te"] = "trailers";
  else delete out["te"];
  return {
    ...out,
    ":method": exchange.method,
    ":path": exchange.target,
    ":scheme": "http",
    ":authority": host === undefined || host === "" ? authority : host,
  };
}

function faultOf(stream: ClientHttp2Stream, error: NodeJS.ErrnoException | undefined) {
  if (stream.rstCode !== 0) {
    const reset = RESET_NAMES[stream.rstCode ?? 0] ?? `code ${stream.rstCode}`;
    if (error?.code === "ERR_HTTP2_STREAM_ERROR" || error === undefined) {
      return { code: "RESET", message: `stream error: stream ID ${stream.id}; ${reset}; received from peer` };
    }
  }
  // A stream that was waiting for its session to connect fails with a cancel error; its `cause` is the connection
  // error.
  const { code = "EOF", message = "EOF" } = (error?.cause ?? error ?? {}) as NodeJS.ErrnoException;
  return { code, message };
}
