// Parses YAML text into documents: the JSON that kubectl would send, and the position of every node.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseAllDocuments,
  Scalar,
  type YAMLMap,
} from "yaml";

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
export interface ManifestDocument {
  /** What kubectl would send; undefined if the text cannot be converted. */
  readonly json: unknown;
  readonly findings: readonly SyntaxFinding[];
  readonly root: Node | undefined;
  /** Resolves aliases. */
  readonly document: Document.Parsed;
  readonly positionOf: (node: Node) => Position;
}

const MERGE = "<<";
const KEY_RULE = "a key must be a string, a number or a boolean ({{ … }} without quotes is a mapping)";
const INFINITE = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
/** Aliases repeat nodes. A document with more expanded nodes is an attack or a mistake. */
const MAX_NODES = 100_000;

/** All documents of a text, without empty ones. Each document has all its syntax errors. */
export function readDocuments(text: string): readonly ManifestDocument[] {
  const parsed = parseAllDocuments(text, {
    prettyErrors: false,
    schema: "failsafe",
    uniqueKeys: false,
    merge: false,
  });
  if (!Array.isArray(parsed)) return [];
  return (parsed as readonly Document.Parsed[])
    .filter((document) => document.contents !== null || document.errors.length > 0)
    .map((document) => readDocument(document, makePositions(text)))
    .filter(({ json, findings }) => json !== null || findings.length > 0);
}

function readDocument(document: Document.Parsed, at: Positions): ManifestDocument {
  const findings: SyntaxFinding[] = document.errors.map((error) => ({
    position: at(error.pos[0], error.pos[1]),
    message: error.message,
    severity: "error",
  }));
  const positionOf = (node: Node): Position => {
    const [start, end] = node.range ?? [0, 0];
    return at(start, end);
  };
  const root = document.contents ?? undefined;
  if (findings.length > 0 || !root) return { json: undefined, findings, root, document, positionOf };
  const converter = new Converter(document, (node, message, severity) =>
    findings.push({ position: positionOf(node), message, severity }),
  );
  const json = converter.convert(root);
  const isBroken = findings.some(({ severity }) => severity === "error");
  return { json: isBroken ? undefined : json, findings, root, document, positionOf };
}

/** Replaces the parser's line counter, which loses lines in broken texts. Offsets may lie after the end of the text. */
function makePositions(text: string): Positions {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (start, end) => {
    const at = Math.min(start, text.length);
    const index = starts.findLastIndex((lineStart) => lineStart <= at);
    const lineStart = starts[index] ?? 0;
    const lineEnd = (starts[index + 1] ?? text.length + 1) - 1;
    const column = at - lineStart + 1;
    const endColumn = Math.min(end, lineEnd) - lineStart + 1;
    return endColumn > column ? { line: index + 1, column, endColumn } : { line: index + 1, column };
  };
}

type Positions = (start: number, end: number) => Position;
type Report = (node: Node, message: string, severity: "error" | "warning") => void;

class Converter {
  readonly #document: Document.Parsed;
  readonly #report: Report;
  readonly #open = new Set<Node>();
  readonly #targets = new Map<Alias, Node>();
  #count = 0;

  constructor(document: Document.Parsed, report: Report) {
    this.#document = document;
    this.#report = report;
  }

  convert(node: unknown): unknown {
    if (isAlias(node)) return this.#resolved(node, (target) => this.convert(target));
    if (isScalar(node)) return this.#scalar(node);
    if (++this.#count > MAX_NODES) return null;
    if (this.#count === MAX_NODES) this.#report(node as Node, "the document expands to too many values", "error");
    if (isSeq(node)) return node.items.map((item) => this.convert(item));
    return isMap(node) ? this.#map(node) : null;
  }

  #resolved(alias: Node, use: (target: Node) => unknown): unknown {
    const target = isAlias(alias) ? this.#targetOf(alias) : undefined;
    if (!target || this.#open.has(target)) {
      this.#report(alias, target ? "an alias must not contain itself" : "unknown alias", "error");
      return null;
    }
    this.#open.add(target);
    const value = use(target);
    this.#open.delete(target);
    return value;
  }

  /** Cached, because the library walks the whole document for every alias. */
  #targetOf(alias: Alias): Node | undefined {
    const known = this.#targets.get(alias);
    if (known) return known;
    const target = alias.resolve(this.#document);
    if (target) this.#targets.set(alias, target);
    return target;
  }

  #scalar(node: Scalar): unknown {
    const text = String(node.value ?? "");
    const tag = node.tag?.replace("tag:yaml.org,2002:", "!!");
    if (tag === "!!binary") return Buffer.from(text, "base64").toString();
    const isPlain = node.type === Scalar.PLAIN || node.type === undefined;
    const isTyped = tag !== undefined && ["!!int", "!!float", "!!bool", "!!null"].includes(tag);
    const value = (isPlain && tag === undefined) || isTyped ? plainScalar(text) : text;
    if (isTyped && !hasTagType(tag, value)) this.#report(node, `${JSON.stringify(text)} is not a ${tag}`, "error");
    if (isPlain && INFINITE.test(text)) this.#report(node, `JSON cannot represent ${text}`, "error");
    return typeof value === "number" && !Number.isFinite(value) ? text : value;
  }

  #map(node: YAMLMap): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const own = new Set<string>();
    for (const pair of node.items) {
      if (isMergePair(pair)) {
        // As in kubectl, a merge overwrites keys that stand above it.
        for (const [key, value] of Object.entries(this.#merged(pair.value as Node))) define(out, key, value);
        continue;
      }
      const key = this.#key(pair.key);
      if (own.has(key))
        this.#report(pair.key as Node, `key ${JSON.stringify(key)} is given twice; the last value is used`, "warning");
      own.add(key);
      define(out, key, this.convert(pair.value));
    }
    return out;
  }

  #merged(node: Node): Record<string, unknown> {
    if (isAlias(node)) return (this.#resolved(node, (target) => this.#merged(target)) ?? {}) as Record<string, unknown>;
    if (isMap(node)) return this.#map(node);
    if (isSeq(node))
      return Object.assign({}, ...node.items.map((item) => this.#merged(item as Node)).reverse()) as Record<
        string,
        unknown
      >;
    this.#report(node, "map merge requires map or sequence of maps as the value", "error");
    return {};
  }

  /** JSON keys are strings. Numbers and booleans become strings as Go prints them. */
  #key(node: unknown): string {
    const value = this.convert(node);
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
    this.#report(node as Node, KEY_RULE, "error");
    return "";
  }
}

/** Whether a value has the type of its tag. */
function hasTagType(tag: string, value: unknown): boolean {
  if (tag === "!!null") return value === null;
  if (tag === "!!bool") return typeof value === "boolean";
  return typeof value === "number" && (tag === "!!float" || Number.isInteger(value));
}

/** A plain assignment to `__proto__` would change the prototype. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isMergePair({ key }: Pair): boolean {
  return isScalar(key) && key.value === MERGE && key.type === Scalar.PLAIN;
}

const KEYWORDS = new Map<string, boolean | null>([
  ...spellings("y", "yes", "on", "true").map((word) => [word, true] as const),
  ...spellings("n", "no", "off", "false").map((word) => [word, false] as const),
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
]);
const FLOAT = /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/;
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;
const RADIXES = [16, 2, 8, 10] as const;

function spellings(...words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const capital = word.charAt(0).toUpperCase() + word.slice(1);
    return [word, capital, word.toUpperCase()];
  });
}

/** The value of a plain scalar as kubectl reads it: YAML 1.1 as in Go's yaml, without dates and base-60 numbers. */
export function plainScalar(source: string): string | number | boolean | null {
  const keyword = KEYWORDS.get(source);
  if (keyword !== undefined) return keyword;
  return /^[-+.\d]/.test(source) ? (numberOf(source) ?? source) : source;
}

function numberOf(source: string): number | undefined {
  // Go does not allow underscores in numbers that begin with a dot.
  const text = source.startsWith(".") ? source : source.replaceAll("_", "");
  const integer = INTEGER.exec(text);
  if (integer) {
    const at = integer.slice(2).findIndex((digits) => digits !== undefined);
    const value = Number.parseInt(integer[at + 2] ?? "", RADIXES[at] ?? 10);
    return integer[1] === "-" && value !== 0 ? -value : value;
  }
  return FLOAT.test(text) ? Number(text) : undefined;
}
