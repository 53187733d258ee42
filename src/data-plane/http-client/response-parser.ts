// Parses HTTP/1 responses with Node's private parser, which needs a third of the time of `http.request` and keeps
// headers unchanged. No other file uses the private module.
import type { HTTPParser } from "node:_http_common";
import { createRequire } from "node:module";

/** A response head with raw headers. `upgrade`: the bytes that follow are not HTTP. */
export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly string[];
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
}

/** Called in the order of the bytes. `onHead` also gets every 1xx; it returns whether a body can follow. */
export interface ResponseEvents {
  onHead(head: ResponseHead): boolean;
  onBody(chunk: Buffer): void;
  onEnd(trailers: readonly string[]): void;
}

/** Go's limit on response headers (`net/http` transport, 10 MB). */
const MAX_HEADER_BYTES = 10 * 1024 * 1024;
const SKIP_BODY = 1;
const UPGRADE = 2;
const NO_HEADERS: readonly string[] = [];

type ParserClass = typeof HTTPParser;

const PARSER_CONSTANTS = ["RESPONSE", "kOnHeaders", "kOnHeadersComplete", "kOnBody", "kOnMessageComplete"] as const;
const PARSER_METHODS = ["initialize", "execute", "finish", "close"] as const;

/** Uses `require`, because a static import of a missing module ends the process. */
function loadParser(): ParserClass | undefined {
  try {
    return (createRequire(import.meta.url)("node:_http_common") as { HTTPParser?: ParserClass }).HTTPParser;
  } catch {
    return undefined;
  }
}

const parserClass = loadParser();

/** Returns how Node's private parser differs from the expected one; undefined if it can be used. */
export function findParserFault(candidate: ParserClass | undefined): string | undefined {
  if (typeof candidate !== "function") return "node:_http_common has no HTTPParser";
  const constant = PARSER_CONSTANTS.find((name) => typeof candidate[name] !== "number");
  if (constant !== undefined) return `HTTPParser.${constant} is not a number`;
  const method = PARSER_METHODS.find((name) => typeof candidate.prototype[name] !== "function");
  if (method !== undefined) return `HTTPParser has no method ${method}`;
  try {
    return parsesAsExpected(candidate) ? undefined : "HTTPParser parses a sample response differently";
  } catch (error) {
    return `HTTPParser fails on a sample response: ${String(error)}`;
  }
}

function parsesAsExpected(candidate: ParserClass): boolean {
  const seen: unknown[] = [];
  const events: ResponseEvents = {
    onHead: ({ status, reason, headers, keepAlive, upgrade }) =>
      seen.push(status, reason, ...headers, keepAlive, upgrade) > 0,
    onBody: (chunk) => void seen.push(chunk.toString()),
    onEnd: (trailers) => void seen.push("end", ...trailers),
  };
  const parser = new ResponseParser(events, candidate);
  const sample =
    "HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nX-B: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-C: 3\r\n\r\n";
  const read = parser.read(Buffer.from(sample));
  parser.close();
  const interim = [103, "Early Hints", "X-A", "1", true, false];
  const final = [200, "OK", "X-B", "2", "Transfer-Encoding", "chunked", true, false, "ok", "end", "X-C", "3"];
  return read === sample.length && JSON.stringify(seen) === JSON.stringify([...interim, ...final]);
}

type Slots = HTTPParser & { owner: ResponseParser };

/** Parses the successive responses of one connection. */
export class ResponseParser {
  /** The head of the current response was parsed. */
  headDone = false;
  interim = false;
  pending: string[] | undefined;
  readonly events: ResponseEvents;
  #parser: HTTPParser | undefined;

  /** Only valid while {@link parserFault} is undefined. */
  constructor(events: ResponseEvents, Parser = parserClass as ParserClass) {
    this.events = events;
    const parser = new Parser() as Slots;
    parser.initialize(Parser.RESPONSE, {}, MAX_HEADER_BYTES, 0);
    parser.owner = this;
    parser[Parser.kOnHeaders] = onHeaders;
    parser[Parser.kOnHeadersComplete] = onHeadersComplete as never;
    parser[Parser.kOnBody] = onBody as never;
    parser[Parser.kOnMessageComplete] = onMessageComplete;
    this.#parser = parser;
  }

  /** Returns the number of HTTP bytes (all of them, unless the connection was upgraded), or the parser's error. */
  read(bytes: Uint8Array): number | NodeJS.ErrnoException {
    return this.#parser === undefined ? bytes.length : this.#parser.execute(bytes);
  }

  /**
   * Call it at the end of the connection. Completes a response without a length; returns an error if the response is
   * incomplete.
   */
  end(): NodeJS.ErrnoException | undefined {
    const result = this.#parser?.finish();
    return result instanceof Error ? result : undefined;
  }

  close(): void {
    this.#parser?.close();
    this.#parser = undefined;
  }
}

function onHeaders(this: unknown, headers: string[]): void {
  const { owner } = this as Slots;
  if (owner.pending === undefined) owner.pending = headers;
  else owner.pending.push(...headers);
}

function onHeadersComplete(
  this: Slots,
  _major: number,
  _minor: number,
  last: string[] | undefined,
  _method: unknown,
  _url: unknown,
  status: number,
  reason: string,
  upgrade: boolean,
  keepAlive: boolean,
): number {
  const { owner } = this;
  const headers = last ?? owner.pending ?? NO_HEADERS;
  owner.pending = undefined;
  owner.interim = status < 200 && status !== 101;
  owner.headDone = !owner.interim;
  const body = owner.events.onHead({ status, reason, headers, keepAlive, upgrade });
  if (status === 101) return UPGRADE;
  return body && !owner.interim ? 0 : SKIP_BODY;
}

function onBody(this: Slots, chunk: Buffer): void {
  this.owner.events.onBody(chunk);
}

function onMessageComplete(this: unknown): void {
  const { owner } = this as Slots;
  const trailers = owner.pending ?? NO_HEADERS;
  owner.pending = undefined;
  if (owner.interim) return;
  owner.headDone = false;
  owner.events.onEnd(trailers);
}

export const parserFault = findParserFault(parserClass);
