// Removes the headers of a container's response that are hop-by-hop or that its status forbids. Pure.
import type { RawHeaders } from "../http/exchange.ts";
import { canonicalNames, HOP_BY_HOP, namedInConnection } from "../http/headers.ts";

/** See {@link ForwardOutcome} "cancelled". */
export function countBytesLeft(length: number | undefined, received: number): number {
  return length === undefined ? Number.POSITIVE_INFINITY : length - received;
}

export interface RelayedHead {
  readonly headers: string[];
  /** Declared length of the body. */
  readonly length: number | undefined;
  /** The response has neither a content type nor a content encoding. */
  readonly typeless: boolean;
  /** Server-sent events, which are never buffered. */
  readonly events: boolean;
  /** A transfer encoding other than chunked, which is not supported. */
  readonly encoding: string | undefined;
}

/** `isHttp2`: trailers need no chunks. @see `net/http/httputil/reverseproxy.go`, `net/http` suppressedHeaders */
export function readRelayedHead(status: number, raw: RawHeaders, isHttp2 = false): RelayedHead {
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
  if (trailer !== undefined && (chunked || isHttp2)) headers.push("Trailer", canonicalNames(trailer));
  return { headers, length, typeless: !typed, events, encoding };
}
