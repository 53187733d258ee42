// Splits a Go template into plain text and the tokens of its actions.

export type Token = {
  readonly kind: "field" | "variable" | "identifier" | "string" | "number" | "char" | "symbol";
  readonly text: string;
  readonly column: number;
  /** True if white space precedes the token. White space separates arguments. */
  readonly spaced: boolean;
};
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly tokens: readonly Token[]; readonly line: number };

export interface LexError {
  readonly line: number;
  readonly message: string;
}

const TOKEN =
  /\.[A-Za-z_][A-Za-z0-9_]*|\$[A-Za-z0-9_]*|[A-Za-z_][A-Za-z0-9_]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|[+-]?(?:0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?)|:=|[!#-&(-/:-@[-^{|~]/y;

/** Returns text and actions in order. Trim markers and comments are already applied. */
export function lex(source: string): readonly Piece[] | LexError {
  const pieces: Piece[] = [];
  let at = 0;
  let line = 1;
  let trimNext = false;
  for (;;) {
    const open = source.indexOf("{{", at);
    let text = source.slice(at, open < 0 ? undefined : open);
    line += lineEnds(text);
    if (trimNext) text = text.replace(/^[ \t\r\n]+/, "");
    if (open < 0) {
      pieces.push({ kind: "text", text });
      return pieces;
    }
    const trimsLeft = /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4));
    pieces.push({ kind: "text", text: trimsLeft ? withoutBlankEnd(text) : text });
    const commentStart = open + (trimsLeft ? 4 : 2);
    const isComment = source.startsWith("/*", commentStart);
    const action = isComment
      ? skipComment(source, commentStart, line)
      : lexAction(source, open + (trimsLeft ? 3 : 2), line);
    if ("message" in action) return action;
    if (!isComment) pieces.push({ kind: "action", tokens: action.tokens, line });
    at = action.end;
    line += lineEnds(source.slice(open, at));
    trimNext = action.trims;
  }
}

type Action = { readonly tokens: readonly Token[]; readonly end: number; readonly trims: boolean };

function skipComment(source: string, start: number, line: number): Action | LexError {
  const close = source.indexOf("*/", start + 2);
  if (close < 0) return { line, message: "unclosed comment" };
  const end = close + 2;
  if (source.startsWith("}}", end)) return { tokens: [], end: end + 2, trims: false };
  const trims = /^[ \t\r\n]-\}\}/.test(source.slice(end, end + 4));
  return trims ? { tokens: [], end: end + 4, trims } : { line, message: "comment ends before closing delimiter" };
}

function lexAction(source: string, start: number, line: number): Action | LexError {
  const tokens: Token[] = [];
  const lineStart = source.lastIndexOf("\n", start - 1) + 1;
  let at = start;
  for (;;) {
    const blank = /[ \t\r\n]*/y;
    blank.lastIndex = at;
    const spaced = (blank.exec(source)?.[0].length ?? 0) > 0;
    if (spaced) at = blank.lastIndex;
    if (spaced && source.startsWith("-}}", at)) return { tokens, end: at + 3, trims: true };
    if (source.startsWith("}}", at)) return { tokens, end: at + 2, trims: false };
    if (at >= source.length) return { line, message: "unclosed action" };
    TOKEN.lastIndex = at;
    const text = TOKEN.exec(source)?.[0];
    if (text === undefined) return { line, message: lexErrorText(source, at) };
    tokens.push({ kind: kindOf(text), text, column: at - lineStart, spaced });
    at += text.length;
  }
}

function kindOf(text: string): Token["kind"] {
  const first = text.charAt(0);
  if (first === "." && text.length > 1) return "field";
  if (first === "$") return "variable";
  if (first === '"' || first === "`") return "string";
  if (first === "'") return "char";
  if (/[A-Za-z_]/.test(first)) return "identifier";
  return /\d/.test(text) ? "number" : "symbol";
}

function lexErrorText(source: string, at: number): string {
  const char = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (char === '"') return "unterminated quoted string";
  if (char === "`") return "unterminated raw quoted string";
  if (char === "'") return "unterminated character constant";
  if (char === "}") return 'unexpected "}" in operand';
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `unrecognized character in action: U+${code} '${char}'`;
}

function lineEnds(text: string): number {
  return text.split("\n").length - 1;
}

/** A pattern that ends in `$` would take quadratic time. */
function withoutBlankEnd(text: string): string {
  let end = text.length;
  while (" \t\r\n".includes(text.charAt(end - 1) || "x")) end -= 1;
  return text.slice(0, end);
}
