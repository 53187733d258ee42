// JSON values: sameness, merge patches (RFC 7386) and freezing. It never mutates what it is given, apart from freezing it.

type Fields = Readonly<Record<string, unknown>>;

/** True for what JSON calls an object: not null, not an array. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields of an object, none of anything else. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** Deep equality of JSON values. Order of keys does not matter and an undefined field is an absent one. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) if (!sameJson(a[at], b[at])) return false;
    return true;
  }
  if (!isFields(a) || !isFields(b)) return false;
  // `in` instead of Object.keys: the most frequent comparison of all makes no garbage; JSON values inherit no fields
  for (const key in a) if (!sameJson(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

/** The target with the merge patch applied: null removes a field, arrays are replaced whole. Unchanged parts are shared; a patch that changes nothing gives the target itself. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  return withFields(fieldsOf(target), patch, (before, value) => applyMergePatch(before, value));
}

/** The fields with others laid over them, each by `lay`: null removes one, undefined leaves it. The same object when nothing is other than before. */
export function withFields(
  base: Fields,
  over: Fields,
  lay: (before: unknown, value: unknown, name: string) => unknown,
): Fields {
  const changed = new Map<string, unknown>();
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined || (value === null && !Object.hasOwn(base, name))) continue;
    const before = Object.hasOwn(base, name) ? base[name] : undefined;
    const after = value === null ? undefined : lay(before, value, name);
    if (after !== before || value === null) changed.set(name, after);
  }
  if (changed.size === 0) return base;
  const kept = Object.entries(base).filter(([name]) => !changed.has(name) || changed.get(name) !== undefined);
  const merged = kept.map(([name, value]) => [name, changed.has(name) ? changed.get(name) : value] as const);
  const added = [...changed].filter(([name, value]) => value !== undefined && !Object.hasOwn(base, name));
  return Object.fromEntries([...merged, ...added]);
}

/** Freezes a JSON value in all its depth and returns it; parts that are frozen already are taken as frozen whole. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}
