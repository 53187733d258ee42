// Finds the YAML node that a field path of Knative or Kubernetes means. Paths are not exact: keys hold dots, prefixes repeat, fields are missing.
import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from "yaml";
import type { ManifestDocument, Position } from "./document.ts";

/** Where a finding about `path` should point: the value, the key that should not be there, or the place where a field is missing. */
export function locate(document: ManifestDocument, path: string): Position {
  const { root } = document;
  if (!root) return { line: 1, column: 1 };
  return document.positionOf(new Search(root, document.document).find(path));
}

/** A node on the way; `shown` is what to point at when the search ends here. */
interface Step {
  readonly node: unknown;
  readonly shown: Node;
}

class Search {
  private readonly root: Node;
  private readonly document: Document.Parsed;

  constructor(root: Node, document: Document.Parsed) {
    this.root = root;
    this.document = document;
  }

  find(path: string): Node {
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
    return rest === "" && isScalar(node) && node.range && node.value !== null ? node : last.shown;
  }

  /** One step down from the deepest node that knows how the rest begins: Knative repeats prefixes (`containers[1].containers[0]`). */
  private step(trail: readonly Step[], rest: string): { step: Step; rest: string } | undefined {
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

  private down(from: unknown, rest: string): { step: Step; rest: string } | undefined {
    const node = this.resolved(from);
    const index = /^\[(\d+)\]\.?/.exec(rest);
    if (isSeq(node)) {
      // `traffic.tag[1]` means `traffic[1].tag`; `envFrom.secretRef[0].x` likewise.
      const swapped = /^([A-Za-z]+)\[(\d+)\]\.?/.exec(rest);
      const at = index?.[1] ?? swapped?.[2];
      const item = at === undefined ? undefined : node.items[Number(at)];
      if (item === undefined) return undefined;
      const left = index
        ? rest.slice(index[0].length)
        : [swapped?.[1], rest.slice(swapped?.[0].length)].filter(Boolean).join(".");
      return { step: { node: item, shown: firstKey(item as Node) }, rest: left };
    }
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

  /** Knative leaves out a level: `volumes[0].items[1]` is inside the source, `projected[0]` inside `sources`. */
  private downThrough(from: unknown, rest: string): { step: Step; rest: string } | undefined {
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
    // Knative writes a reason behind some keys: `…/initial-scale=0 not allowed by cluster`.
    if (next === "" || next === "." || next === "[" || next === "=" || next === " ") return written.length;
  }
  return undefined;
}

function firstKey(node: Node): Node {
  const key = isMap(node) ? node.items[0]?.key : undefined;
  return isScalar(key) ? key : node;
}
