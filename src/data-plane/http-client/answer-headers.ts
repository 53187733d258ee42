// The headers of a container's response for the client: without hop-by-hop headers and those the status forbids, with
// trailers announced. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { canonicalNames, HOP_BY_HOP, namedInConnection } from "../http/headers.ts";

/** Body bytes that the declared length still allows; Infinity without a declared length. */
export function bytesLeft(length: number | undefined, received: number): number {
  return length === undefined ? Number.POSITIVE_INFINITY : length - received;
}

export interface AnswerHead {
  readonly headers: string[];
  /** Declared length of the body; undefined if the body ends with the stream. */
  readonly length: number | undefined;
  /** The response has neither a content type nor a content encoding. */
  readonly typeless: boolean;
  /** Server-sent events are never held back. */
  readonly events: boolean;
  /** A transfer encoding other than chunked, which is not supported. */
  readonly encoding: string | undefined;
}

/**
 * `framed`: HTTP/2, where headers do not determine the end of the body. @see `net/http/httputil/reverseproxy.go`,
 * `net/http` suppressedHeaders
 */
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
  // HTTP/1 can send trailers only after chunks (`net/http` fixTrailer); HTTP/2 always can.
  if (trailer !== undefined && (chunked || framed)) headers.push("Trailer", canonicalNames(trailer));
  return { headers, length, typeless: !typed, events, encoding };
}
