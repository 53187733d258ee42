// The headers of a request after the gateway: what the route sets, who the client was, and nothing that belonged to the client's connection alone.
import type { RawHeaders } from "../http/exchange.ts";
import { hasToken, isNamed, namedInConnection } from "../http/headers.ts";
import type { HeaderValue } from "./path-table.ts";

export interface GatewayMarks {
  /** Headers to set, in place of what the client sent under their names. */
  readonly set: readonly HeaderValue[];
  /** The client's address, appended to X-Forwarded-For. */
  readonly peer: string;
  readonly scheme: "http" | "https";
  /** Answered to a probe that asks which version of the route it met (`K-Network-Hash: override`). */
  readonly hash: string;
  /** The Host to go on with, when it is not the client's. */
  readonly host: string | undefined;
  /** True: take the client's wish to upgrade away. */
  readonly dropUpgrade: boolean;
  /** True: an HTTP/2 client may have sent its cookies in crumbs, which are one header to everybody else. */
  readonly joinCookies: boolean;
}

const OVERRIDE = "override";

/** Appended headers overwrite (networking's conformance test of headers); X-Forwarded-Proto is set, not believed. */
export function gatewayHeaders(headers: RawHeaders, marks: GatewayMarks): RawHeaders {
  const { set, host, dropUpgrade } = marks;
  const named = namedInConnection(headers);
  const out: string[] = host === undefined ? [] : ["Host", host];
  let forwardedFor = "";
  let cookies = "";
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    const { length } = name;
    if (isSet(headers, index, set) || named?.has(name.toLowerCase())) continue;
    if (length === 15 && isNamed(headers, index, "x-forwarded-for")) forwardedFor += `${value}, `;
    else if (length === 6 && marks.joinCookies && isNamed(headers, index, "cookie"))
      cookies += cookies === "" ? value : `; ${value}`;
    else if (length === 17 && isNamed(headers, index, "x-forwarded-proto")) continue;
    else if (length === 4 && host !== undefined && isNamed(headers, index, "host")) continue;
    else if (length === 14 && value === OVERRIDE && isNamed(headers, index, "k-network-hash"))
      out.push(name, marks.hash);
    else if (length === 10 && (named || dropUpgrade) && isNamed(headers, index, "connection")) {
      if (!dropUpgrade && hasToken(value, "upgrade")) out.push(name, "Upgrade");
    } else if (!dropUpgrade || !isNamed(headers, index, "upgrade")) out.push(name, value);
  }
  if (cookies !== "") out.push("cookie", cookies);
  out.push("X-Forwarded-For", forwardedFor + marks.peer, "X-Forwarded-Proto", marks.scheme);
  for (const { name, value } of set) out.push(name, value);
  return out;
}

function isSet(headers: RawHeaders, index: number, set: readonly HeaderValue[]): boolean {
  for (const { lowerName } of set) if (isNamed(headers, index, lowerName)) return true;
  return false;
}
