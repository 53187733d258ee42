// The headers of a request after the gateway: what the route sets, who the client was, and nothing that belonged to the client's connection alone.
import type { RawHeaders } from "../http/exchange.ts";
import { hasToken, isNamed, namedInConnection } from "../http/headers.ts";
import type { HeaderValue } from "./path-table.ts";

export interface GatewayHeaderOptions {
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

/** Headers that are not simply kept, by the length of their names: most headers have none of these lengths and cost one look. */
const SPECIAL: ReadonlyMap<number, string> = new Map(
  ["host", "cookie", "upgrade", "connection", "k-network-hash", "x-forwarded-for", "x-forwarded-proto"].map((name) => [
    name.length,
    name,
  ]),
);

/** Appended headers overwrite (networking's conformance test of headers); X-Forwarded-Proto is set, not believed. */
export function gatewayHeaders(headers: RawHeaders, marks: GatewayHeaderOptions): RawHeaders {
  const { set, host, dropUpgrade, joinCookies } = marks;
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
        out.push(name, value === OVERRIDE ? marks.hash : value);
        break;
      case "connection":
        // What it named is gone, so it may go on naming only the upgrade.
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
  out.push("X-Forwarded-For", forwardedFor + marks.peer, "X-Forwarded-Proto", marks.scheme);
  for (const { name, value } of set) out.push(name, value);
  return out;
}

function isSet(headers: RawHeaders, index: number, set: readonly HeaderValue[]): boolean {
  for (const { lowerName } of set) if (isNamed(headers, index, lowerName)) return true;
  return false;
}
