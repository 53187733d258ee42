// Converts header lists for node:http2 and resets streams, for server and client.
import type { Http2Stream, OutgoingHttpHeaders } from "node:http2";
import { addAbortSignal } from "node:stream";
import type { RawHeaders } from "./exchange.ts";
import { HOP_BY_HOP } from "./headers.ts";

/** Headers that node:http2 refuses to send more than once. */
const ONCE: ReadonlySet<string> = new Set(
  `access-control-allow-credentials access-control-max-age access-control-request-method age authorization
  content-encoding content-language content-length content-location content-md5 content-range content-type date
  dnt etag expires from if-match if-modified-since if-none-match if-range if-unmodified-since last-modified
  location max-forwards range referer retry-after tk upgrade-insecure-requests user-agent x-content-type-options`.split(
    /\s+/,
  ),
);

/** Converts a header list for node:http2. Drops HTTP/1 connection headers and repeats of single-value headers. */
export function asOutgoing(headers: RawHeaders): OutgoingHttpHeaders {
  const out: OutgoingHttpHeaders = {};
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    const value = headers[index + 1] as string;
    if (HOP_BY_HOP.has(name) && name !== "te" && name !== "trailer") continue;
    if (name === "host" || name === "http2-settings" || (name === "te" && value !== "trailers")) continue;
    const before = out[name];
    if (before === undefined) out[name] = value;
    else if (ONCE.has(name)) continue;
    else if (Array.isArray(before)) before.push(value);
    else out[name] = [before as string, value];
  }
  return out;
}

/** RST_STREAM with CANCEL: the response is no longer needed. */
export function cancelStream(stream: Http2Stream): void {
  if (!stream.destroyed) addAbortSignal(AbortSignal.abort(), stream);
}

/** RST_STREAM with INTERNAL_ERROR: the response cannot be completed. */
export function failStream(stream: Http2Stream, why: string): void {
  stream.destroy(new Error(why));
}
