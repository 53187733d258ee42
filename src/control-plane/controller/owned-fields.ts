// How a planner's fields are laid into somebody else's object: a merge patch, with some places replaced whole. Pure.
import { isFields, sameJson, withFields } from "../../base/json.ts";

type Pointers = readonly (readonly string[])[];

/** The target with `fields` merged in (null removes); what stands at a pointer of `whole` is replaced instead of merged. What is so already stays the same object. */
export function mergeOwned(target: unknown, fields: unknown, whole: Pointers = []): unknown {
  if (!isFields(fields) || whole.some((pointer) => pointer.length === 0)) {
    return sameJson(target, fields) ? target : fields;
  }
  return withFields(isFields(target) ? target : {}, fields, (before, value, name) =>
    mergeOwned(before, value, below(whole, name)),
  );
}

function below(whole: Pointers, name: string): Pointers {
  return whole.length === 0 ? whole : whole.filter(([first]) => first === name).map((pointer) => pointer.slice(1));
}
