// Compares, patches (RFC 7386), sorts and freezes JSON values. Only freezeDeep() changes its input.

export type JsonFields = Readonly<Record<string, unknown>>;

/** Returns true if the value is a JSON object: not null, not an array. */
export function isFields(value: unknown): value is JsonFields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns `value` if it is a JSON object, otherwise an empty object. */
export function fieldsOf(value: unknown): JsonFields {
  return isFields(value) ? value : {};
}

/** Parses JSON. Returns undefined if the text is malformed. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Deep equality of JSON values. The order of keys does not matter; an undefined field equals an absent field. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) if (!sameJson(a[at], b[at])) return false;
    return true;
  }
  if (!isFields(a) || !isFields(b)) return false;
  // A hot path: unlike Object.keys, `for in` allocates nothing. JSON values inherit no fields.
  for (const key in a) if (!sameJson(a[key], b[key])) return false;
  for (const key in b) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}

/**
 * Applies a merge patch: null removes a field, and arrays are replaced whole. Unchanged parts are shared with `target`;
 * if the patch changes nothing, the result is `target` itself.
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  return withFields(fieldsOf(target), patch, (before, value) => applyMergePatch(before, value));
}

/**
 * Returns `base` with the fields of `over` merged in by `merge`: null removes a field, undefined keeps it.
 * Returns `base` itself if nothing changes.
 */
export function withFields(
  base: JsonFields,
  over: JsonFields,
  merge: (before: unknown, value: unknown, name: string) => unknown,
): JsonFields {
  const changed = new Map<string, unknown>();
  for (const [name, value] of Object.entries(over)) {
    if (value === undefined || (value === null && !Object.hasOwn(base, name))) continue;
    const before = Object.hasOwn(base, name) ? base[name] : undefined;
    const after = value === null ? undefined : merge(before, value, name);
    if (after !== before || value === null) changed.set(name, after);
  }
  if (changed.size === 0) return base;
  const kept = Object.entries(base).filter(([name]) => !changed.has(name) || changed.get(name) !== undefined);
  const merged = kept.map(([name, value]) => [name, changed.has(name) ? changed.get(name) : value] as const);
  const added = [...changed].filter(([name, value]) => value !== undefined && !Object.hasOwn(base, name));
  return Object.fromEntries([...merged, ...added]);
}

/** Freezes a JSON value deeply and returns it. A part that is already frozen is assumed to be frozen deeply. */
export function freezeDeep<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freezeDeep(part);
  return Object.freeze(value);
}

/** Drops fields that are null, as Go's decoder does; null list items stay. Returns the input if nothing changes. */
export function withoutNullFields(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNullFields);
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isFields(value)) return value;
  let changed: Record<string, unknown> | undefined;
  for (const key in value) {
    const inner = withoutNullFields(value[key]);
    if (inner === value[key] && inner !== null) continue;
    changed ??= { ...value };
    if (inner === null) delete changed[key];
    else changed[key] = inner;
  }
  return changed ?? value;
}

/** Returns the value with the keys of all objects in ascending order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isFields(value)) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, each]) => [key, sortKeys(each)]));
}
