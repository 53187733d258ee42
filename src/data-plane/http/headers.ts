// Reads and edits raw header lists, and defines which headers are hop-by-hop. Pure.
import type { RawHeaders } from "./exchange.ts";

/** Headers that belong to a single connection, in lower case (`net/http/httputil/reverseproxy.go`). */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers that define routing and framing, so that `Connection` cannot remove them. */
const KEPT: ReadonlySet<string> = new Set(["close", "host", "content-length"]);

/** Returns true if the name at `index` equals `lower`, ignoring case. Compares the lengths first, which is fast. */
export function isNamed(headers: RawHeaders, index: number, lower: string): boolean {
  const name = headers[index] as string;
  return name.length === lower.length && (name === lower || name.toLowerCase() === lower);
}

/** Returns the first value of a header; `lower` is its name in lower case. */
export function headerValue(headers: RawHeaders, lower: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (isNamed(headers, index, lower)) return headers[index + 1];
  }
  return undefined;
}

/** Returns the list as lines of an HTTP/1 message, each with its line end. */
export function headerLines(headers: RawHeaders): string {
  let text = "";
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return text;
}

/** Returns all values of a header, in order; `lower` is its name in lower case. */
export function headerValues(headers: RawHeaders, lower: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (isNamed(headers, index, lower)) values.push(headers[index + 1] as string);
  }
  return values;
}

/** Returns the list without the given names (lower case). */
export function withoutHeaders(headers: RawHeaders, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!names.has(name) && !names.has(name.toLowerCase())) kept.push(name, headers[index + 1] as string);
  }
  return kept;
}

/** Returns the list with `name` set to a single value (Go's `Header.Set`). */
export function withHeader(headers: RawHeaders, name: string, value: string): string[] {
  const lower = name.toLowerCase();
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (!isNamed(headers, index, lower)) kept.push(headers[index] as string, headers[index + 1] as string);
  }
  kept.push(name, value);
  return kept;
}

/** Returns true if a comma-separated list contains the token, ignoring case. */
export function hasToken(value: string, token: string): boolean {
  if (value.length < token.length) return false;
  if (value.length === token.length) return value.toLowerCase() === token;
  return value.split(",").some((member) => member.trim().toLowerCase() === token);
}

/** Returns the lower-case names of end-to-end headers that `Connection` lists; undefined if it lists none. */
export function namedInConnection(headers: RawHeaders): ReadonlySet<string> | undefined {
  let named: Set<string> | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (!isNamed(headers, index, "connection")) continue;
    const value = headers[index + 1] as string;
    if (value === "close" || value === "keep-alive" || value === "Upgrade") continue;
    for (const member of value.split(",")) {
      const token = member.trim().toLowerCase();
      if (token === "" || KEPT.has(token) || HOP_BY_HOP.has(token)) continue;
      named ??= new Set();
      named.add(token);
    }
  }
  return named;
}

/** Converts `x-foo` to `X-Foo` (`net/textproto` CanonicalMIMEHeaderKey). */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (start) => start.toUpperCase());
}

/** Returns the names in a `Trailer` header in Go's letter case. */
export function canonicalNames(list: string): string {
  return list
    .split(",")
    .map((name) => canonicalName(name.trim()))
    .filter((name) => name !== "")
    .join(", ");
}

/**
 * Returns the protocol that an HTTP/1 message asks to switch to (`upgradeType` in `net/http/httputil/reverseproxy.go`).
 */
export function upgradeType(headers: RawHeaders): string | undefined {
  let asked = false;
  let type: string | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (isNamed(headers, index, "connection")) asked ||= hasToken(headers[index + 1] as string, "upgrade");
    else if (type === undefined && isNamed(headers, index, "upgrade")) type = headers[index + 1];
  }
  return asked && type !== "" ? type : undefined;
}

/**
 * Appends the previous hop's address. Joins all `X-Forwarded-For` headers at the place of the first
 * (`net/http/httputil/reverseproxy.go`).
 */
export function withForwardedFor(headers: RawHeaders, peer: string): string[] {
  const out: string[] = [];
  let at = -1;
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1] as string;
    if (!isNamed(headers, index, "x-forwarded-for")) out.push(headers[index] as string, value);
    else if (at === -1) at = out.push("X-Forwarded-For", value) - 1;
    else out[at] = `${out[at]}, ${value}`;
  }
  if (at === -1) out.push("X-Forwarded-For", peer);
  else out[at] = `${out[at]}, ${peer}`;
  return out;
}
