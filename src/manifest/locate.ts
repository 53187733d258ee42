// Finds the YAML node for a field path of an error message. Paths are not exact: keys contain dots, prefixes repeat,
// and fields are missing.
import { isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import type { Position, YamlDocument } from "../base/yaml/documents.ts";

export type PointTarget = "value" | "key";

/** The position of a field: of its value if that is a scalar, else of its key; of its parent if it is missing. */
export type LocateField = (path: string, target?: PointTarget) => Position;

export function makeLocator({ root, resolve, positionOf }: YamlDocument): LocateField {
  if (!root) return () => ({ line: 1, column: 1 });
  const search = new Search(root, resolve);
  return (path, target = "value") => positionOf(search.find(path, target));
}

/** A node on the path. The finding points at `shown` if the search ends here. */
interface Step {
  readonly node: unknown;
  readonly shown: Node;
}

type Next = { readonly step: Step; readonly rest: string };

class Search {
  readonly #root: Node;
  readonly #resolve: YamlDocument["resolve"];
  /** A file can have many findings about one large map. */
  readonly #keys = new Map<YAMLMap, MapKeys>();

  constructor(root: Node, resolve: YamlDocument["resolve"]) {
    this.#root = root;
    this.#resolve = resolve;
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
    const node = this.#resolve(last.node);
    // After some keys Knative writes a reason: `…/initial-scale=0 not allowed by cluster`.
    const isFound = rest === "" || /^[= ]/.test(rest);
    return isFound && target === "value" && isScalar(node) && node.range && node.value !== "" ? node : last.shown;
  }

  /** Steps down from the deepest node with the next key: Knative repeats prefixes (`containers[1].containers[0]`). */
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
    const node = this.#resolve(from);
    if (isSeq(node)) return this.#downInto(node.items, rest);
    if (!isMap(node)) return undefined;
    const keys = this.#keys.get(node) ?? keysOf(node);
    this.#keys.set(node, keys);
    const found = keyAt(rest, keys);
    if (!found) return undefined;
    const { pair, length } = found;
    return { step: { node: pair.value, shown: pair.key as Node }, rest: rest.slice(length).replace(/^\./, "") };
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
    const node = this.#resolve(from);
    if (!isMap(node)) return undefined;
    for (const pair of node.items) {
      const inner = this.#down(pair.value, rest);
      if (inner) return inner;
    }
    return undefined;
  }
}

interface MapKeys {
  /** The first entry of each key. */
  readonly pairs: ReadonlyMap<string, Pair>;
  /** The lengths of the keys. A beginning of a path with another length cannot be a key, which saves most lookups. */
  readonly lengths: ReadonlySet<number>;
}

function keysOf(map: YAMLMap): MapKeys {
  const pairs = new Map<string, Pair>();
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : "";
    if (key !== "" && !pairs.has(key)) pairs.set(key, pair);
  }
  return { pairs, lengths: new Set([...pairs.keys()].map((key) => key.length)) };
}

/**
 * Returns the longest key with which a path begins, written `a` or `[a]`, and how many characters of the path it takes.
 */
function keyAt(
  path: string,
  { pairs, lengths }: MapKeys,
): { readonly pair: Pair; readonly length: number } | undefined {
  for (let length = path.length; length > 0; length--) {
    if (length < path.length && !".[= ".includes(path.charAt(length))) continue;
    const inBrackets = path.startsWith("[") && path.charAt(length - 1) === "]" && lengths.has(length - 2);
    const pair =
      (lengths.has(length) ? pairs.get(path.slice(0, length)) : undefined) ??
      (inBrackets ? pairs.get(path.slice(1, length - 1)) : undefined);
    if (pair) return { pair, length };
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
