// Parses URLs as Go's net/url does, with its error texts.
import { failed, ok, type Result } from "../result.ts";
import { quote } from "./quote.ts";

export interface GoUrl {
  /** With the port. */
  readonly host: string;
  /** Path and query. */
  readonly uri: string;
}

/** Behaves as url.Parse. */
export function parseUrl(text: string): Result<GoUrl> {
  const [base = "", ...fragment] = text.split("#");
  const parsed = parse(base);
  if (!parsed.ok) return failed(`parse ${quote(base)}: ${parsed.error}`);
  const error = escapeError(fragment.join("#"));
  return error === undefined ? parsed : failed(`parse ${quote(text)}: ${error}`);
}

function parse(text: string): Result<GoUrl> {
  if (/[\0-\x1f\x7f]/.test(text)) return failed("net/url: invalid control character in URL");
  if (text.startsWith(":")) return failed("missing protocol scheme");
  const [, scheme, rest = text] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(text) ?? [];
  const [path = "", ...query] = rest.split("?");
  if (!path.startsWith("/")) {
    if (scheme !== undefined) return ok({ host: "", uri: rest });
    if (path.split("/", 1)[0]?.includes(":")) return failed("first path segment in URL cannot contain colon");
  }
  const hasAuthority = path.startsWith("//") && (scheme !== undefined || !path.startsWith("///"));
  const slash = path.indexOf("/", 2);
  const authority = hasAuthority ? path.slice(2, slash < 0 ? undefined : slash) : "";
  const left = hasAuthority ? (slash < 0 ? "" : path.slice(slash)) : path;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const error = userError(authority, host) ?? hostError(host) ?? escapeError(left);
  return error === undefined ? ok({ host, uri: [left, ...query].join("?") }) : failed(error);
}

function userError(authority: string, host: string): string | undefined {
  if (authority === host) return undefined;
  const user = authority.slice(0, -host.length - 1);
  return /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(user) ? escapeError(user) : "net/url: invalid userinfo";
}

function hostError(host: string): string | undefined {
  const close = host.lastIndexOf("]");
  if (host.startsWith("[") && close < 0) return "missing ']' in host";
  const colon = host.startsWith("[") ? close + 1 : host.lastIndexOf(":");
  const port = colon < 0 ? "" : host.slice(colon);
  if (!/^(:\d*)?$/.test(port)) return `invalid port ${quote(port)} after host`;
  // Only bytes beyond ASCII, and a percent sign, can be escaped in a host.
  const escapes = host.replace(/%25/g, "").match(/%[0-7][0-9A-Fa-f]/)?.[0];
  if (escapes !== undefined) return `invalid URL escape ${quote(escapes)}`;
  const stray = /[^A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\uffff]/.exec(host)?.[0];
  return escapeError(host) ?? (stray === undefined ? undefined : `invalid character ${quote(stray)} in host name`);
}

function escapeError(text: string): string | undefined {
  const wrong = /%(?![0-9A-Fa-f]{2})/.exec(text);
  return wrong ? `invalid URL escape ${quote(text.slice(wrong.index, wrong.index + 3))}` : undefined;
}
