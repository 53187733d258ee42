// What pure functions made of objects, kept as long as the objects: nobody computes the same twice in a row of looks. It knows no function.
import type { ServingConfig } from "../../apis/config/types.ts";

/** Of an object under a configuration. Pure, and defined once: it is known by identity. */
export type Derive<T extends object, R> = (of: T, config: ServingConfig) => R;

/** The newest of what was made of objects that share their first part. */
interface Made {
  readonly parts: readonly (object | undefined)[];
  readonly value: unknown;
}

export class Derivations {
  #config: ServingConfig | undefined;
  #kept = new Map<unknown, WeakMap<object, Made>>();

  /** Everything is derived anew under another configuration. */
  under(config: ServingConfig): void {
    if (config === this.#config) return;
    this.#config = config;
    this.#kept = new Map();
  }

  /** `parts`: what alone counts of the object; it is known again by their identities. */
  of<T extends object, R>(make: Derive<T, R>, object: T, parts: readonly (object | undefined)[]): R {
    const kept = this.#kept.get(make) ?? new WeakMap<object, Made>();
    this.#kept.set(make, kept);
    const first = parts[0] ?? NOTHING;
    const known = kept.get(first);
    if (known?.parts.every((part, at) => part === parts[at])) return known.value as R;
    const value = make(object, this.#config as ServingConfig);
    kept.set(first, { parts, value });
    return value;
  }
}

/** Stands for a first part that is not there. */
const NOTHING = {};
