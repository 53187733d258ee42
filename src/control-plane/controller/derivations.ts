// Caches the results of pure functions of objects. A cached result lives as long as its object.
import type { ServingConfig } from "../../apis/config/types.ts";

/** A pure function at module level. The cache compares functions by identity, so an inline function never hits. */
export type Derive<T extends object, R> = (of: T, config: ServingConfig) => R;

/** The newest result for objects with the same first part. */
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

  /** Returns `make(object)`. `parts`: the parts of the object that `make` reads, compared by identity. */
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

/** The key of an absent first part. */
const NOTHING = {};
