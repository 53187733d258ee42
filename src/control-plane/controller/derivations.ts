// What pure functions made of objects, kept as long as the objects: nobody computes the same twice in a row of looks. It knows no function.
import type { ServingConfig } from "../../apis/config/types.ts";

/** Of an object under a configuration. Pure, and defined once: it is known by identity. */
export type Derive<T extends object, R> = (of: T, config: ServingConfig) => R;

interface Node {
  value?: { readonly made: unknown };
  /** Where the next part leads. */
  readonly next: WeakMap<object, Node>;
}

export class Derivations {
  #config: ServingConfig | undefined;
  #kept = new Map<unknown, Node>();

  /** Everything is derived anew under another configuration. */
  under(config: ServingConfig): void {
    if (config === this.#config) return;
    this.#config = config;
    this.#kept = new Map();
  }

  /** `parts`: what alone counts of the object; it is known again by their identities. */
  of<T extends object, R>(make: Derive<T, R>, object: T, parts: readonly (object | undefined)[]): R {
    let node = this.#kept.get(make) ?? makeNode();
    this.#kept.set(make, node);
    for (const part of parts) {
      const next: Node = node.next.get(part ?? NOTHING) ?? makeNode();
      node.next.set(part ?? NOTHING, next);
      node = next;
    }
    node.value ??= { made: make(object, this.#config as ServingConfig) };
    return node.value.made as R;
  }
}

/** Stands for a part that is not there. */
const NOTHING = {};

function makeNode(): Node {
  return { next: new WeakMap() };
}
