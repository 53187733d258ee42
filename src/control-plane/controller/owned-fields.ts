// How a planner's fields are laid into somebody else's object: a merge patch, with some places replaced whole. Pure.
import { isFields } from "../../base/json.ts";

/** The target with `fields` merged in (null removes); what stands at a pointer of `whole` is replaced instead of merged. */
export function mergeOwned(target: unknown, fields: unknown, whole: readonly (readonly string[])[] = []): unknown {
  if (!isFields(fields) || whole.some((pointer) => pointer.length === 0)) return fields;
  const merged = new Map(Object.entries(isFields(target) ? target : {}));
  for (const [name, value] of Object.entries(fields)) {
    const below = whole.filter((pointer) => pointer[0] === name).map((pointer) => pointer.slice(1));
    if (value === null) merged.delete(name);
    else if (value !== undefined) merged.set(name, mergeOwned(merged.get(name), value, below));
  }
  return Object.fromEntries(merged);
}
