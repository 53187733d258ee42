// A cache of values that pure functions derive from objects; entries live as long as the objects.
import type { ServingConfig } from "../../apis/config/types.ts";

/** A pure function, defined at module level: the cache finds it by its identity. */
export type Derive<T extends object, R> = (of: T, config: ServingConfig) => R;

/** The newest value for objects that share their first part. */
interface CacheEntry {
  readonly parts: readonly (object | undefined)[];
  readonly value: unknown;
}

export class Derivations {
  #config: ServingConfig | undefined;
  #cache = new Map<unknown, WeakMap<object, CacheEntry>>();

  /** Clears the cache if the configuration changed. */
  setConfig(config: ServingConfig): void {
    if (config === this.#config) return;
    this.#config = config;
    this.#cache = new Map();
  }

  /** `parts`: the parts of the object that `make` reads, compared by identity. */
  of<T extends object, R>(make: Derive<T, R>, object: T, parts: readonly (object | undefined)[]): R {
    const entries = this.#cache.get(make) ?? new WeakMap<object, CacheEntry>();
    this.#cache.set(make, entries);
    const first = parts[0] ?? NOTHING;
    const known = entries.get(first);
    if (known?.parts.every((part, at) => part === parts[at])) return known.value as R;
    const value = make(object, this.#config as ServingConfig);
    entries.set(first, { parts, value });
    return value;
  }
}

/** Key for an absent first part. */
const NOTHING = {};
