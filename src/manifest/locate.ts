// Finds the YAML node for a field path of an error message. Paths are not exact: keys contain dots, prefixes repeat,
// and fields are missing.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { ManifestDocument, Position } from "./document.ts";

export type PointTarget = "value" | "key";

/** The position of a field: of its value if that is a scalar, else of its key. If it is missing, of its parent. */
export function locateField(document: ManifestDocument, path: string, target: PointTarget = "value"): Position {
  const { root } = document;
  if (!root) return { line: 1, column: 1 };
  return document.positionOf(new Search(root, document.document).find(path, target));
}

/** A node on the path. The finding points at `shown` if the search ends here. */
interface Step {
  readonly node: unknown;
  readonly shown: Node;
}

type Next = { readonly step: Step; readonly rest: string };

class Search {
  readonly #root: Node;
  readonly #document: Document.Parsed;

  constructor(root: Node, document: Document.Parsed) {
    this.#root = root;
    this.#document = document;
  }

  find(path: string, target: PointTarget): Node {
    const trail: Step[] = [{ node: this.#root, shown: firstKey(this.#root) }];
    let rest = path;
    while (rest !== "") {
      const next = this.#step(trail, rest);
      if (!next) break;
      trail.push(next.step);
      rest = next.rest;
    }
    const last = trail.at(-1) as Step;
    const node = this.#resolved(last.node);
    // After some keys Knative writes a reason: `…/initial-scale=0 not allowed by cluster`.
    const isFound = rest === "" || /^[= ]/.test(rest);
    return isFound && target === "value" && isScalar(node) && node.range && node.value !== "" ? node : last.shown;
  }

  /** Steps down from the deepest node that has the next key: Knative repeats prefixes (`containers[1].containers[0]`). */
  #step(trail: readonly Step[], rest: string): Next | undefined {
    const here = (trail.at(-1) as Step).node;
    const direct = this.#down(here, rest) ?? this.#downThrough(here, rest);
    if (direct) return direct;
    if (/^\[\*\]/.test(rest) || !/^[A-Za-z]+\[/.test(rest)) return undefined;
    for (const { node } of trail.slice(0, -1).reverse()) {
      const again = this.#down(node, rest);
      if (again) return again;
    }
    return undefined;
  }

  #down(from: unknown, rest: string): Next | undefined {
    const node = this.#resolved(from);
    if (isSeq(node)) return this.#downInto(node.items, rest);
    if (!isMap(node)) return undefined;
    const keys = node.items.flatMap((pair) => (isScalar(pair.key) ? [{ text: String(pair.key.value), pair }] : []));
    const fitting = keys.filter(({ text }) => keyLength(rest, text)).sort((a, b) => b.text.length - a.text.length)[0];
    if (!fitting) return undefined;
    const length = keyLength(rest, fitting.text) ?? 0;
    return {
      step: { node: fitting.pair.value, shown: fitting.pair.key as Node },
      rest: rest.slice(length).replace(/^\./, ""),
    };
  }

  #downInto(items: readonly unknown[], rest: string): Next | undefined {
    const index = /^\[(\d+)\]\.?/.exec(rest);
    if (index) return itemStep(items[Number(index[1])], rest.slice(index[0].length));
    // `traffic.tag[1]` means `traffic[1].tag`; `envFrom.secretRef[0].x` likewise.
    const swapped = /^([A-Za-z]+)\[(\d+)\]\.?/.exec(rest);
    if (swapped) {
      const left = [swapped[1], rest.slice(swapped[0].length)].filter(Boolean).join(".");
      return itemStep(items[Number(swapped[2])], left);
    }
    // A path without an index, such as `ports.containerPort`, means the first item.
    return this.#down(items[0], rest);
  }

  /** Knative's paths omit levels: `volumes[0].items[1]` omits the volume's source, `projected[0]` omits `sources`. */
  #downThrough(from: unknown, rest: string): Next | undefined {
    const node = this.#resolved(from);
    if (!isMap(node)) return undefined;
    for (const pair of node.items) {
      const inner = this.#down(pair.value, rest);
      if (inner) return inner;
    }
    return undefined;
  }

  #resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node;
  }
}

/** The number of characters of `rest` that are the key; undefined if `rest` does not begin with this whole key. */
function keyLength(rest: string, key: string): number | undefined {
  if (key === "") return undefined;
  for (const written of [key, `[${key}]`]) {
    if (!rest.startsWith(written)) continue;
    const next = rest.charAt(written.length);
    if (next === "" || next === "." || next === "[" || next === "=" || next === " ") return written.length;
  }
  return undefined;
}

function itemStep(item: unknown, rest: string): Next | undefined {
  return item === undefined ? undefined : { step: { node: item, shown: firstKey(item as Node) }, rest };
}

function firstKey(node: Node): Node {
  const key = isMap(node) ? node.items[0]?.key : undefined;
  return isScalar(key) ? key : node;
}
