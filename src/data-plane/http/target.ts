// Parses request targets by Go's rules: splits the absolute form and escapes raw characters. Pure.

/** A request target in origin form, and the host of an absolute form. */
export interface ReadTarget {
  readonly target: string;
  /** Only for the absolute form; takes precedence over the Host header. */
  readonly host?: string;
}

/** Matches a path without escapes and without characters that need one. */
const PLAIN_PATH = /^[!$&'()*+,\-./0-9:;=@A-Z[\]_a-z~]*$/;
const ESCAPE = /%(?:[0-9A-Fa-f]{2})?/g;
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?]*)([^?]*)(\?.*)?$/;
const CONNECT_HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#@:[\]]+)(?::\d*)?$/;
/** Characters that Go's path escaping keeps. */
const UNESCAPED = /[$&+,/:;=@A-Za-z0-9\-._~]/;

function hasBrokenEscape(path: string): boolean {
  return path.includes("%") && (path.match(ESCAPE) ?? []).some((found) => found.length === 1);
}

/** Decodes all escapes and escapes again (`net/url` EscapedPath, for a path that is not valid as sent). */
function escapeAgain(path: string): string {
  let out = "";
  for (let index = 0; index < path.length; index += 1) {
    let code = path.charCodeAt(index);
    if (code === 0x25) {
      code = Number.parseInt(path.slice(index + 1, index + 3), 16);
      index += 2;
    }
    const char = String.fromCharCode(code);
    out += UNESCAPED.test(char) ? char : `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return out;
}

function readPath(path: string): string | undefined {
  if (PLAIN_PATH.test(path)) return path;
  if (hasBrokenEscape(path)) return undefined;
  return PLAIN_PATH.test(path.replace(ESCAPE, "")) ? path : escapeAgain(path);
}

/** Parses the target of a CONNECT request: a path, or a host with an optional port (`net/http` ReadRequest). */
export function readConnectTarget(raw: string): ReadTarget | undefined {
  if (raw.startsWith("/")) return readTarget(raw);
  return CONNECT_HOST.test(raw) ? { target: "/", host: raw } : undefined;
}

/** Parses a target of single-byte characters. Undefined means 400 (`net/http` ReadRequest, `net/url`). */
export function readTarget(raw: string): ReadTarget | undefined {
  if (raw.charCodeAt(0) !== 0x2f) {
    if (raw === "*") return { target: raw };
    const match = ABSOLUTE.exec(raw);
    if (match === null) return undefined;
    const [, authority = "", path = "", query = ""] = match;
    const target = readPath(path === "" ? "/" : path);
    const host = authority.slice(authority.lastIndexOf("@") + 1);
    if (target === undefined) return undefined;
    return host === "" ? { target: target + query } : { target: target + query, host };
  }
  if (PLAIN_PATH.test(raw)) return { target: raw };
  const mark = raw.indexOf("?");
  const path = readPath(mark === -1 ? raw : raw.slice(0, mark));
  if (path === undefined) return undefined;
  return { target: mark === -1 ? path : path + raw.slice(mark) };
}
