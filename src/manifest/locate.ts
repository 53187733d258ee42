// Finds the YAML node that a field path of Knative or Kubernetes means. Paths are not exact: keys hold dots, prefixes repeat, fields are missing.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { ManifestDocument, Position } from "./document.ts";

/** What a finding is about: the value of a field, or that the field is there at all. */
export type Aim = "value" | "key";

/** Where a finding about `path` should point: its value (a single one) or its key; the parent, where the field is missing. */
export function locate(document: ManifestDocument, path: string, aim: Aim = "value"): Position {
  const { root } = document;
  if (!root) return { line: 1, column: 1 };
  return document.positionOf(new Search(root, document.document).find(path, aim));
}

/** A node on the way; `shown` is what to point at when the search ends here. */
interface Step {
  readonly node: unknown;
  readonly shown: Node;
}

type Next = { readonly step: Step; readonly rest: string };

class Search {
  private readonly root: Node;
  private readonly document: Document.Parsed;

  constructor(root: Node, document: Document.Parsed) {
    this.root = root;
    this.document = document;
  }

  find(path: string, aim: Aim): Node {
    const trail: Step[] = [{ node: this.root, shown: firstKey(this.root) }];
    let rest = path;
    while (rest !== "") {
      const next = this.step(trail, rest);
      if (!next) break;
      trail.push(next.step);
      rest = next.rest;
    }
    const last = trail.at(-1) as Step;
    const node = this.resolved(last.node);
    // Knative writes a reason behind some keys: `…/initial-scale=0 not allowed by cluster`.
    const isFound = rest === "" || /^[= ]/.test(rest);
    return isFound && aim === "value" && isScalar(node) && node.range && node.value !== "" ? node : last.shown;
  }

  /** One step down from the deepest node that knows how the rest begins: Knative repeats prefixes (`containers[1].containers[0]`). */
  private step(trail: readonly Step[], rest: string): Next | undefined {
    const here = (trail.at(-1) as Step).node;
    const direct = this.down(here, rest) ?? this.downThrough(here, rest);
    if (direct) return direct;
    if (/^\[\*\]/.test(rest) || !/^[A-Za-z]+\[/.test(rest)) return undefined;
    for (const { node } of trail.slice(0, -1).reverse()) {
      const again = this.down(node, rest);
      if (again) return again;
    }
    return undefined;
  }

  private down(from: unknown, rest: string): Next | undefined {
    const node = this.resolved(from);
    if (isSeq(node)) return this.downInto(node.items, rest);
    if (!isMap(node)) return undefined;
    const keys = node.items.flatMap((pair) => (isScalar(pair.key) ? [{ text: String(pair.key.value), pair }] : []));
    const fitting = keys.filter(({ text }) => begins(rest, text)).sort((a, b) => b.text.length - a.text.length)[0];
    if (!fitting) return undefined;
    const length = begins(rest, fitting.text) ?? 0;
    return {
      step: { node: fitting.pair.value, shown: fitting.pair.key as Node },
      rest: rest.slice(length).replace(/^\./, ""),
    };
  }

  private downInto(items: readonly unknown[], rest: string): Next | undefined {
    const index = /^\[(\d+)\]\.?/.exec(rest);
    if (index) return itemStep(items[Number(index[1])], rest.slice(index[0].length));
    // `traffic.tag[1]` means `traffic[1].tag`; `envFrom.secretRef[0].x` likewise.
    const swapped = /^([A-Za-z]+)\[(\d+)\]\.?/.exec(rest);
    if (swapped) {
      const left = [swapped[1], rest.slice(swapped[0].length)].filter(Boolean).join(".");
      return itemStep(items[Number(swapped[2])], left);
    }
    // `ports.containerPort` is about the only port.
    return this.down(items[0], rest);
  }

  /** Knative leaves out a level: `volumes[0].items[1]` is inside the source, `projected[0]` inside `sources`. */
  private downThrough(from: unknown, rest: string): Next | undefined {
    const node = this.resolved(from);
    if (!isMap(node)) return undefined;
    for (const pair of node.items) {
      const inner = this.down(pair.value, rest);
      if (inner) return inner;
    }
    return undefined;
  }

  private resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }
}

/** How many characters of `rest` the key takes: it must end where a piece ends. */
function begins(rest: string, key: string): number | undefined {
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
