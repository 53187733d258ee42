// Makes the request headers that the gateway forwards: adds the route's headers and the client's address.
import type { RawHeaders } from "../http/exchange.ts";
import { hasToken, isNamed, namedInConnection } from "../http/headers.ts";
import type { HeaderValue } from "./path-table.ts";

export interface GatewayHeaderOptions {
  /** Headers to set. They replace the client's headers of the same names. */
  readonly set: readonly HeaderValue[];
  /** The client's address, appended to X-Forwarded-For. */
  readonly peer: string;
  readonly scheme: "http" | "https";
  /** The hash of the route's version. It replaces the value `override` of K-Network-Hash, which probes send. */
  readonly hash: string;
  /** The Host to send, if it differs from the client's. */
  readonly host: string | undefined;
  /** Removes the client's upgrade request. */
  readonly dropUpgrade: boolean;
  /** Joins the cookie headers that an HTTP/2 client sent separately. */
  readonly joinCookies: boolean;
}

const OVERRIDE = "override";

/** The headers that need an edit, by the length of their names, because a look-up by length is fast. */
const SPECIAL: ReadonlyMap<number, string> = new Map(
  ["host", "cookie", "upgrade", "connection", "k-network-hash", "x-forwarded-for", "x-forwarded-proto"].map((name) => [
    name.length,
    name,
  ]),
);

/**
 * Returns the headers to forward. As the networking conformance test requires, headers in `set` replace the client's
 * headers of the same names. X-Forwarded-Proto is always overwritten.
 */
export function gatewayHeaders(headers: RawHeaders, options: GatewayHeaderOptions): RawHeaders {
  const { set, host, dropUpgrade, joinCookies } = options;
  const named = namedInConnection(headers);
  const out: string[] = host === undefined ? [] : ["Host", host];
  let forwardedFor = "";
  let cookies = "";
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (isSet(headers, index, set) || named?.has(name.toLowerCase())) continue;
    const special = SPECIAL.get(name.length);
    switch (special !== undefined && isNamed(headers, index, special) ? special : undefined) {
      case "x-forwarded-for":
        forwardedFor += `${value}, `;
        break;
      case "x-forwarded-proto":
        break;
      case "host":
        if (host === undefined) out.push(name, value);
        break;
      case "cookie":
        if (!joinCookies) out.push(name, value);
        else cookies += cookies === "" ? value : `; ${value}`;
        break;
      case "k-network-hash":
        out.push(name, value === OVERRIDE ? options.hash : value);
        break;
      case "connection":
        // The headers that Connection lists are not forwarded, so Connection may list only Upgrade.
        if (!dropUpgrade && (!named || hasToken(value, "upgrade"))) out.push(name, named ? "Upgrade" : value);
        break;
      case "upgrade":
        if (!dropUpgrade) out.push(name, value);
        break;
      default:
        out.push(name, value);
    }
  }
  if (cookies !== "") out.push("cookie", cookies);
  out.push("X-Forwarded-For", forwardedFor + options.peer, "X-Forwarded-Proto", options.scheme);
  for (const { name, value } of set) out.push(name, value);
  return out;
}

function isSet(headers: RawHeaders, index: number, set: readonly HeaderValue[]): boolean {
  for (const { lowerName } of set) if (isNamed(headers, index, lowerName)) return true;
  return false;
}
