// Field selectors (`metadata.name=a,status.phase!=Pending`): equality and inequality on any field, as text. Pure.
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";

export interface FieldRequirement {
  readonly path: readonly string[];
  readonly value: string;
  readonly equal: boolean;
}

/** Reads a field selector; `error` says which term is none. */
export function parseFieldSelector(
  text: string,
): { readonly requirements: readonly FieldRequirement[] } | { readonly error: string } {
  const requirements: FieldRequirement[] = [];
  for (const term of text.split(",").filter((part) => part !== "")) {
    const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
    if (!match) return { error: `invalid field selector: "${text}": can't understand '${term}'` };
    const [, path, sign, value] = match as unknown as [string, string, string, string];
    requirements.push({ path: path.split("."), value, equal: sign !== "!=" });
  }
  return { requirements };
}

/** An absent field counts as the empty text. */
export function matchesFields(requirements: readonly FieldRequirement[], object: AnyObject): boolean {
  return requirements.every(({ path, value, equal }) => (fieldText(object, path) === value) === equal);
}

function fieldText(object: unknown, path: readonly string[]): string {
  let value = object;
  for (const part of path) value = isFields(value) ? value[part] : undefined;
  return value === undefined || value === null || typeof value === "object" ? "" : String(value);
}
