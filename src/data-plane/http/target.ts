// Request targets as Go reads and writes them: absolute form split, raw characters escaped, existing escapes kept. Pure.

/** A target split into what goes on the next request line and the host that an absolute form carries. */
export interface ReadTarget {
  readonly target: string;
  /** Only for the absolute form: it wins over the Host header. */
  readonly host?: string;
}

/** Nothing but characters that stand as they are, with well-formed escapes looked at separately. */
const PLAIN_PATH = /^[!$&'()*+,\-./0-9:;=@A-Z[\]_a-z~]*$/;
const ESCAPE = /%(?:[0-9A-Fa-f]{2})?/g;
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?]*)([^?]*)(\?.*)?$/;
/** What Go's path escaping leaves alone. */
const UNESCAPED = /[$&+,/:;=@A-Za-z0-9\-._~]/;

function hasBrokenEscape(path: string): boolean {
  return path.includes("%") && (path.match(ESCAPE) ?? []).some((found) => found.length === 1);
}

/** Decodes every escape and escapes again what may not stand (`net/url` EscapedPath for a path that is not valid as sent). */
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

/** Reads a request target (one character per byte); undefined: refuse it with 400 (`net/http` ReadRequest, `net/url`). */
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
