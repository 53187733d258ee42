// Sets of field paths. A set is a tree: each key is a path element in the form of FieldsV1, such as `f:spec`,
// `k:{"name":"a"}` or `v:"x"`.
import { compareBytes } from "../../apis/meta/field-error.ts";

/** Immutable. No node below the root is empty. */
export interface FieldSet {
  /** The path that leads here is in the set. */
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const EMPTY: FieldSet = { isMember: false, children: new Map() };
/** The path itself, without paths below it. */
export const MEMBER: FieldSet = { isMember: true, children: new Map() };

export function isEmpty({ isMember, children }: FieldSet): boolean {
  return !isMember && children.size === 0;
}

/** Returns a node with those children that are not empty. */
export function makeSet(isMember: boolean, children: Iterable<readonly [string, FieldSet]>): FieldSet {
  const kept = new Map<string, FieldSet>();
  for (const [element, child] of children) if (!isEmpty(child)) kept.set(element, child);
  return { isMember, children: kept };
}

export function setOf(...paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce((set, path) => union(set, pathSet(path)), EMPTY);
}

function pathSet([name, ...rest]: readonly string[]): FieldSet {
  return name === undefined ? MEMBER : makeSet(false, [[fieldElement(name), pathSet(rest)]]);
}

export const fieldElement = (name: string): string => `f:${name}`;

export function union(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA || inB);
}
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && inB);
}
/** Returns the paths of `a` that are not in `b`. A path below a path of `b` stays. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return combine(a, b, (inA, inB) => inA && !inB);
}

function combine(a: FieldSet, b: FieldSet, rule: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const elements = new Set([...a.children.keys(), ...b.children.keys()]);
  const children = [...elements].map((element) => {
    const child = combine(a.children.get(element) ?? EMPTY, b.children.get(element) ?? EMPTY, rule);
    return [element, child] as const;
  });
  return makeSet(rule(a.isMember, b.isMember), children);
}

/** Returns `set` without the paths in `roots` and all paths below them. */
export function withoutSubtrees(set: FieldSet, roots: FieldSet): FieldSet {
  if (roots.isMember) return EMPTY;
  if (roots.children.size === 0) return set;
  const children = [...set.children].map(([element, child]) => {
    const below = roots.children.get(element);
    return [element, below ? withoutSubtrees(child, below) : child] as const;
  });
  return makeSet(set.isMember, children);
}

/** Returns all paths as texts, such as `.spec.volumes[name="a"].secret`, the children of a node after its siblings. */
export function pathTexts(set: FieldSet, prefix = ""): readonly string[] {
  const children = [...set.children].sort(([a], [b]) => compareBytes(a, b));
  const at = (element: string): string => prefix + elementText(element);
  const members = children.flatMap(([element, { isMember }]) => (isMember ? [at(element)] : []));
  return [...members, ...children.flatMap(([element, child]) => pathTexts(child, at(element)))];
}

/** Returns a path element as errors show it: `.spec`, `[name="a"]`, `[="x"]`. */
export function elementText(element: string): string {
  const content = element.slice(2);
  if (element.startsWith("f:")) return `.${content}`;
  if (element.startsWith("v:")) return `[=${content}]`;
  if (!element.startsWith("k:")) return `[${content}]`;
  const keys = Object.entries(JSON.parse(content) as object);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
}
