// Removes credentials from texts for people. Errors of libraries and registries quote URLs, headers and settings.

/** Follows `Basic` or `Bearer` in a sentence or a challenge: "no basic auth credentials", `Basic realm="…"`. */
const NO_CREDENTIAL = '(?![A-Za-z]?[a-z]*\\.?(?![\\w.~+/=-])|\\w+=\\\\?")';

const SETTINGS = "auth|password|identitytoken|registrytoken|accesstoken";

const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  [/\/token\/[^/\s"'?]+/g, "/token/…"],
  [new RegExp(`\\b(bearer|Bearer|BEARER|basic|Basic|BASIC) ${NO_CREDENTIAL}[\\w.~+/=-]+`, "g"), "$1 …"],
  // The scheme is certain, so the token may look like a word.
  [/\b(authorization(?:\\{0,15}")?\s?[:=]\s?(?:\\{0,15}")?(?:bearer|basic)) [\w.~+/=-]+/gi, "$1 …"],
  [/\/\/[^/\s@]+@/g, "//…@"],
  [/\b(x-registry-auth|set-cookie|cookie): [^\s,;"]+(?:; ?[^\s,;"]+)*/gi, "$1: …"],
  [new RegExp(`"(${SETTINGS})"(\\s*:\\s*)"(?:[^"\\\\]|\\\\[^])*"`, "gi"), '"$1"$2"…"'],
  // In JSON within JSON strings, the end of the value has as many backslashes as its start.
  [new RegExp(`(\\\\{1,15}")(${SETTINGS})\\1(\\s*:\\s*)\\1(?:(?!(?<!\\\\)\\1)[^])*\\1`, "gi"), "$1$2$1$3$1…$1"],
];

/** Returns the text without tokens, passwords and other credentials. */
export function redacted(text: string): string {
  return CREDENTIALS.reduce((shown, [pattern, replacement]) => shown.replace(pattern, replacement), text);
}
