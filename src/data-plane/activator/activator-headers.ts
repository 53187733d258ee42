// The marks a request bears after the activator. Pure text.
import type { RawHeaders } from "../http/exchange.ts";
import { isNamed } from "../http/headers.ts";

/** Lengths of the names below: most headers are neither, and cost one look. */
const DROPPED: ReadonlyMap<number, string> = new Map([
  [14, "k-network-hash"],
  [24, "knative-serving-revision"],
  [25, "knative-serving-namespace"],
]);

/**
 * As pkg/activator/handler/handler.go: `K-Proxy-Request: activator` set, the revision's headers and the probe hash gone, `peer` appended to
 * X-Forwarded-For. Host needs no K-Original-Host here, because the pod's own address never takes its place.
 */
export function activatorHeaders(headers: RawHeaders, peer: string): RawHeaders {
  const out: string[] = [];
  let forwardedFor = "";
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const { length } = name;
    if (length === 15 && isNamed(headers, index, "x-forwarded-for")) forwardedFor += `${value}, `;
    else if (length === 15 && isNamed(headers, index, "k-proxy-request")) continue;
    else if (length === 14 || length === 24 || length === 25) {
      if (!isNamed(headers, index, DROPPED.get(length) as string)) out.push(name, value);
    } else out.push(name, value);
  }
  out.push("K-Proxy-Request", "activator", "X-Forwarded-For", forwardedFor + peer);
  return out;
}
