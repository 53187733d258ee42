// Compares objects leaf by leaf; differences of second priority are reported separately.
import type { Json } from "./transcript.ts";

const EXACT_GENERATIONS = ["Service", "Configuration", "Route", "Revision", "DomainMapping"];
const APART = [/\/lastTransitionTime$/, /\/serving\.knative\.dev~1routingStateModified$/, /\/specSha256$/];
const GENERATION = /^\/(metadata\/generation|status\/observedGeneration)$/;

export interface Difference {
  readonly pointer: string;
  readonly expected: unknown;
  readonly actual: unknown;
  /** Second priority. */
  readonly apart: boolean;
}

/** All leaves that differ, by JSON pointer, except the `loose` pointers. */
export function differences(expected: Json, actual: Json, loose: readonly string[]): readonly Difference[] {
  const found: Difference[] = [];
  const kind = String(expected["kind"]);
  const walk = (pointer: string, a: unknown, b: unknown): void => {
    if (loose.includes(pointer) || same(a, b)) return;
    if (isObject(a) && isObject(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        walk(`${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, a[key], b[key]);
      }
    } else if (Array.isArray(a) && Array.isArray(b) && a.length === b.length) {
      for (const [index, item] of a.entries()) walk(`${pointer}/${index}`, item, b[index]);
    } else {
      found.push({ pointer, expected: a, actual: b, apart: isApart(kind, pointer) });
    }
  };
  walk("", expected, actual);
  return found;
}

function isApart(kind: string, pointer: string): boolean {
  if (APART.some((pattern) => pattern.test(pointer))) return true;
  return GENERATION.test(pointer) && !EXACT_GENERATIONS.includes(kind);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b) && (a === b || typeof a === "object");
}
