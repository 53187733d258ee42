// Headers of a container's answer as they go to the client: hop-by-hop ones out, trailers announced, what a status forbids left away. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { canonicalNames, HOP_BY_HOP, namedInConnection } from "../http/headers.ts";

/** How many body bytes the declared length still leaves; Infinity when no length was declared. */
export function bytesLeft(length: number | undefined, received: number): number {
  return length === undefined ? Number.POSITIVE_INFINITY : length - received;
}

export interface AnswerHead {
  readonly headers: string[];
  /** Declared length of the body, undefined when it ends with the stream. */
  readonly length: number | undefined;
  /** Nothing says what the body is. */
  readonly typeless: boolean;
  /** Server-sent events: never held back. */
  readonly events: boolean;
  /** A transfer encoding other than chunked, which nobody here can read. */
  readonly encoding: string | undefined;
}

/** `framed`: over HTTP/2, where the end of a body is no matter of headers. (`net/http/httputil/reverseproxy.go`, `net/http` suppressedHeaders) */
export function readAnswerHead(status: number, raw: RawHeaders, framed = false): AnswerHead {
  const named = namedInConnection(raw);
  const headers: string[] = [];
  let length: number | undefined;
  let events = false;
  let typed = false;
  let trailer: string | undefined;
  let chunked = false;
  let encoding: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    const value = raw[index + 1] as string;
    const lower = name.toLowerCase();
    if (lower === "content-length") {
      if (length !== undefined || status === 204 || status === 304) continue;
      length = Number(value);
    } else if (lower === "content-type") {
      if (status === 304) continue;
      typed = true;
      events = value.startsWith("text/event-stream");
    } else if (HOP_BY_HOP.has(lower)) {
      if (lower === "trailer") trailer = trailer === undefined ? value : `${trailer}, ${value}`;
      else if (lower === "transfer-encoding") {
        if (value.toLowerCase() === "chunked") chunked = true;
        else encoding = value;
      }
      continue;
    } else if (named?.has(lower)) continue;
    else if (lower === "content-encoding") typed ||= value !== "";
    headers.push(name, value);
  }
  // Without chunks there is no place for trailers, whatever is announced (`net/http` fixTrailer); over HTTP/2 there always is.
  if (trailer !== undefined && (chunked || framed)) headers.push("Trailer", canonicalNames(trailer));
  return { headers, length, typeless: !typed, events, encoding };
}
