// Converts a YAML document to the JSON that kubectl would send.
import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, visit, type YAMLMap } from "yaml";
import type { ReadScalar } from "./plain-scalar.ts";

const MERGE = "<<";
const KEY_RULE = "a key must be a string, a number or a boolean ({{ … }} without quotes is a mapping)";
const INFINITE = /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/;
/** Aliases of aliases can multiply: a document of 1 kB can have billions of values. */
const MAX_REPEATED = 100_000;
/** Code that reads the values is recursive. The parser's limit does not count what aliases repeat. */
const MAX_DEPTH = 200;

export type Report = (node: Node, message: string, severity: "error" | "warning") => void;

/** Maps each alias to the node that it repeats: the last node above the alias that has the alias's anchor. */
export function aliasTargets(root: Node): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(root, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value: (_, node) => {
      if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Reports nodes that JSON cannot represent; their values are then arbitrary. */
export function toJson(
  root: Node,
  { targets, readScalar }: { readonly targets: ReadonlyMap<Alias, Node>; readonly readScalar: ReadScalar },
  report: Report,
): unknown {
  return new Converter(targets, readScalar, report).convert(root);
}

class Converter {
  readonly #targets: ReadonlyMap<Alias, Node>;
  readonly #readScalar: ReadScalar;
  readonly #report: Report;
  readonly #open = new Set<Node>();
  /** Values that aliases repeat. */
  #repeated = 0;
  #depth = 0;
  #isTooDeep = false;

  constructor(targets: ReadonlyMap<Alias, Node>, readScalar: ReadScalar, report: Report) {
    this.#targets = targets;
    this.#readScalar = readScalar;
    this.#report = report;
  }

  convert(node: unknown): unknown {
    if (isAlias(node)) return this.#resolved(node, (target) => this.convert(target));
    if (this.#open.size > 0) this.#repeated += 1;
    if (isScalar(node)) return this.#scalar(node);
    if (isSeq(node)) return this.#nested(() => node.items.map((item) => this.convert(item)));
    return isMap(node) ? this.#map(node) : null;
  }

  #resolved(alias: Alias, use: (target: Node) => unknown): unknown {
    if (this.#repeated > MAX_REPEATED || this.#isTooDeep) return null;
    const target = this.#targets.get(alias);
    if (!target || this.#open.has(target)) {
      this.#report(alias, target ? "an alias must not contain itself" : "unknown alias", "error");
      return null;
    }
    this.#open.add(target);
    const value = use(target);
    this.#open.delete(target);
    if (this.#open.size > 0) return value;
    if (this.#isTooDeep) this.#report(alias, `aliases nest values more than ${MAX_DEPTH} levels deep`, "error");
    else if (this.#repeated > MAX_REPEATED)
      this.#report(alias, `aliases repeat more than ${MAX_REPEATED} values`, "error");
    else return value;
    return null;
  }

  /** Only aliases can exceed the limit, because the parser refuses a deeper text. */
  #nested<T>(read: () => T): T | null {
    if (this.#open.size > 0 && this.#depth >= MAX_DEPTH) {
      this.#isTooDeep = true;
      return null;
    }
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #scalar(node: Scalar): unknown {
    const text = String(node.value ?? "");
    const tag = node.tag?.replace("tag:yaml.org,2002:", "!!");
    if (tag === "!!binary") return Buffer.from(text, "base64").toString();
    const isPlain = node.type === Scalar.PLAIN || node.type === undefined;
    const isTyped = tag !== undefined && ["!!int", "!!float", "!!bool", "!!null"].includes(tag);
    const value = (isPlain && tag === undefined) || isTyped ? this.#readScalar(text) : text;
    if (isTyped && !hasTagType(tag, value)) this.#report(node, `${JSON.stringify(text)} is not a ${tag}`, "error");
    if (isPlain && INFINITE.test(text)) this.#report(node, `JSON cannot represent ${text}`, "error");
    return typeof value === "number" && !Number.isFinite(value) ? text : value;
  }

  #map(node: YAMLMap): Record<string, unknown> {
    return this.#nested(() => this.#entries(node)) ?? {};
  }

  #entries(node: YAMLMap): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    const own = new Set<string>();
    for (const pair of node.items) {
      if (isMergePair(pair)) {
        // As in kubectl, a merge overwrites keys that stand above it.
        for (const [key, value] of Object.entries(this.#merged(pair.value))) define(out, key, value);
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

  #merged(node: unknown): Record<string, unknown> {
    if (isAlias(node)) return (this.#resolved(node, (target) => this.#merged(target)) ?? {}) as Record<string, unknown>;
    if (isMap(node)) return this.#map(node);
    if (isSeq(node)) return Object.assign({}, ...node.items.map((item) => this.#merged(item)).reverse());
    this.#report(node as Node, "map merge requires map or sequence of maps as the value", "error");
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
