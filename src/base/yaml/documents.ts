// Parses YAML and JSON text into documents: the JSON that kubectl would send, and the position of every node. The time
// is linear in the length of the text; a text beyond the limits is refused.
import { Composer, type CST, type Document, isAlias, Lexer, type Node, Parser, visit, type YAMLParseError } from "yaml";
import { plainScalar, type ReadScalar } from "./plain-scalar.ts";
import { aliasTargets, toJson } from "./to-json.ts";

/** 1-based, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
  /** Column after the last character, if the node ends on the same line. */
  readonly endColumn?: number;
}
interface SyntaxFinding {
  readonly position: Position;
  readonly message: string;
  readonly severity: "error" | "warning";
}
export interface YamlDocument {
  /** What kubectl would send; undefined if the text cannot be converted. */
  readonly json: unknown;
  readonly findings: readonly SyntaxFinding[];
  readonly root: Node | undefined;
  /** The node that an alias repeats; any other node unchanged. */
  readonly resolve: (node: unknown) => unknown;
  readonly positionOf: (node: Node) => Position;
}

const MAX_DOCUMENTS = 10_000;
const MAX_LEXEMES = 500_000;
/** The parser and everything that reads objects is recursive. */
const MAX_DEPTH = 200;

class LimitError extends Error {
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

type Positions = (start: number, end: number) => Position;

/**
 * Returns all documents of a text, without empty ones. Each document has all its syntax errors. Default: as kubectl.
 */
export function readDocuments(text: string, readScalar: ReadScalar = plainScalar): readonly YamlDocument[] {
  const at = makePositions(text);
  const documents: YamlDocument[] = [];
  let count = 0;
  for (const { source, offset } of jsonStream(text) ?? [{ source: text, offset: 0 }]) {
    const composer = new Composer({ prettyErrors: false, schema: "failsafe", uniqueKeys: false, merge: false });
    try {
      for (const parsed of composer.compose(syntaxTokens(source))) {
        if (++count > MAX_DOCUMENTS)
          throw new LimitError(parsed.range[0], `there are more than ${MAX_DOCUMENTS} documents`);
        if (parsed.contents === null && parsed.errors.length === 0) continue;
        const document = readDocument(parsed, readScalar, (from, to) => at(from + offset, to + offset));
        if (document.json !== null || document.findings.length > 0) documents.push(document);
      }
    } catch (error) {
      if (error instanceof LimitError) return [...documents, refused(at(offset + error.offset, 0), error.message)];
      throw error;
    }
  }
  return documents;
}

function refused(position: Position, message: string): YamlDocument {
  const findings = [{ position, message, severity: "error" }] as const;
  return { json: undefined, findings, root: undefined, resolve: (node) => node, positionOf: () => position };
}

function readDocument(document: Document.Parsed, readScalar: ReadScalar, at: Positions): YamlDocument {
  const findings: SyntaxFinding[] = document.errors.map((error) => ({
    position: at(errorStart(document, error), error.pos[1]),
    message: error.message,
    severity: "error",
  }));
  const positionOf = (node: Node): Position => {
    const [start, end] = node.range ?? [0, 0];
    return at(start, end);
  };
  const root = document.contents ?? undefined;
  if (findings.length > 0 || !root) return { json: undefined, findings, root, resolve: (node) => node, positionOf };
  const targets = aliasTargets(root);
  const json = toJson(root, { targets, readScalar }, (node, message, severity) =>
    findings.push({ position: positionOf(node), message, severity }),
  );
  const isBroken = findings.some(({ severity }) => severity === "error");
  const resolve = (node: unknown): unknown => (isAlias(node) ? targets.get(node) : node);
  return { json: isBroken ? undefined : json, findings, root, resolve, positionOf };
}

/** Returns the offset that an error is about. The parser notices a missing quote only at the end of the text. */
function errorStart(document: Document, { code, message, pos }: YAMLParseError): number {
  let [start] = pos;
  if (code !== "MISSING_CHAR" || !message.includes("quote")) return start;
  visit(document, {
    Scalar(_, { type, range }) {
      if (type?.startsWith("QUOTE_") && range && range[1] >= pos[0]) start = range[0];
    },
  });
  return start;
}

/** Replaces the parser's line counter, which loses lines in broken texts. Offsets may lie after the end of the text. */
function makePositions(text: string): Positions {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low;
  };
  return (start, end) => {
    const at = Math.min(start, text.length);
    const index = lineAt(at);
    const lineStart = starts[index] ?? 0;
    const lineEnd = (starts[index + 1] ?? text.length + 1) - 1;
    const column = at - lineStart + 1;
    const endColumn = Math.min(end, lineEnd) - lineStart + 1;
    return endColumn > column ? { line: index + 1, column, endColumn } : { line: index + 1, column };
  };
}

/** Parses step by step, so that the limits apply before a text takes long. Throws a {@link LimitError}. */
function* syntaxTokens(source: string): Iterable<CST.Token> {
  const parser = new Parser();
  let count = 0;
  for (const lexeme of new Lexer().lex(source)) {
    yield* parser.next(lexeme);
    // The stack has the open collections of the document.
    if (parser.stack.length > MAX_DEPTH + 1) {
      throw new LimitError(parser.offset, `values are nested more than ${MAX_DEPTH} levels deep`);
    }
    if (++count > MAX_LEXEMES)
      throw new LimitError(parser.offset, `there are more than ${MAX_LEXEMES} words and marks`);
  }
  yield* parser.end();
}

interface JsonText {
  readonly source: string;
  readonly offset: number;
}

/** JSON objects one after the other, as kubectl accepts them; undefined if the text is anything else. */
function jsonStream(text: string): readonly JsonText[] | undefined {
  const objects: JsonText[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\\n]|\\.)*"|[{}]|[^\s{}"]+|"/g)) {
    if ((depth === 0 && token !== "{") || token === '"') return undefined;
    if (token === "{" && depth++ === 0) start = index;
    // YAML does not allow tabs as indentation. JSON strings contain no line ends.
    if (token === "}" && --depth === 0) {
      const source = text.slice(start, index + 1).replace(/^\t+/gm, (tabs) => " ".repeat(tabs.length));
      objects.push({ source, offset: start });
    }
  }
  return depth === 0 && objects.length > 0 ? objects : undefined;
}
