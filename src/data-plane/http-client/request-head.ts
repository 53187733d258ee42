// Makes the request line and headers for an HTTP/1.1 container. Framing follows Go's transport. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { canonicalNames, HOP_BY_HOP, hasToken, namedInConnection, upgradeType } from "../http/headers.ts";

export interface HeadParts {
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  /** `host:port` of the container, used if the request has no Host. */
  readonly authority: string;
  /** With a body but without `Content-Length`, the body is sent in chunks. */
  readonly hasBody: boolean;
  /** The protocol to switch to. */
  readonly upgrade: string | undefined;
}

export interface RequestHead {
  readonly text: string;
  readonly chunked: boolean;
  /** Declared length of the body; 0 without a body, undefined if the body is chunked. */
  readonly length: number | undefined;
  /** The client waits for a 100 before it sends the body. */
  readonly expects: boolean;
  /** The request may be sent again if the container closed a kept connection (`net/http` isReplayable). */
  readonly replayable: boolean;
}

/** Methods that Go's client sends again without an idempotency key (`net/http` isReplayable). */
export const REPLAYABLE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
/** Methods for which Go sends `Content-Length: 0` without a body. */
const SAYS_ZERO = new Set(["POST", "PUT", "PATCH"]);

/** How long the container may take to reply to `Expect: 100-continue` before the body is sent anyway. */
export const CONTINUE_WAIT_MS = 1_000;

const PRINTABLE = /^[\x20-\x7e]*$/;

/** Returns why a request cannot be forwarded; undefined if it can be. `upgrade`: the requested protocol. */
export function refusalOf(method: string, upgrade: string | undefined): string | undefined {
  if (method === "CONNECT") return "client sent unsupported CONNECT request";
  if (upgrade === undefined || PRINTABLE.test(upgrade)) return undefined;
  return `client tried to switch to invalid protocol ${JSON.stringify(upgrade)}`;
}

/** Returns why a container's 101 cannot be relayed; undefined if the container switches to the requested protocol. */
export function switchFault(requested = "", headers: RawHeaders): string | undefined {
  const type = upgradeType(headers) ?? "";
  if (requested !== "" && type.toLowerCase() === requested.toLowerCase()) return undefined;
  return `backend tried to switch protocol ${JSON.stringify(type)} when ${JSON.stringify(requested)} was requested`;
}

export function makeRequestHead({ method, target, headers, authority, hasBody, upgrade }: HeadParts): RequestHead {
  const named = namedInConnection(headers);
  let host = "";
  let rest = "";
  let length: number | undefined;
  let expects = false;
  let trailer = "";
  let trailers = false;
  let idempotent = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "host") host ||= value;
    else if (lower === "content-length") length = Number(value);
    else if (HOP_BY_HOP.has(lower)) {
      if (lower === "te") trailers ||= hasToken(value, "trailers");
      else if (lower === "trailer") trailer = trailer === "" ? value : `${trailer}, ${value}`;
    } else if (named === undefined || !named.has(lower)) {
      if (lower === "expect") expects = hasToken(value, "100-continue");
      else if (lower === "idempotency-key" || lower === "x-idempotency-key") idempotent = true;
      rest += `${name}: ${value}\r\n`;
    }
  }
  const chunked = hasBody && length === undefined;
  let text = `${method} ${target} HTTP/1.1\r\nHost: ${host === "" ? authority : host}\r\n${rest}`;
  if (chunked)
    text += `Transfer-Encoding: chunked\r\n${trailer === "" ? "" : `Trailer: ${canonicalNames(trailer)}\r\n`}`;
  else if (hasBody) text += `Content-Length: ${length}\r\n`;
  else if (SAYS_ZERO.has(method)) text += "Content-Length: 0\r\n";
  if (trailers) text += "TE: trailers\r\n";
  text += upgrade === undefined ? "\r\n" : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n\r\n`;
  return {
    text,
    chunked,
    length: chunked ? undefined : hasBody ? length : 0,
    expects: expects && hasBody,
    replayable: !hasBody && (idempotent || REPLAYABLE_METHODS.has(method)),
  };
}
