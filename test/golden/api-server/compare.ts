// Compares an answer with the recorded one. More fields may be there, because Knative's admission adds defaults. At
// level must, texts for people are free.
import type { Json } from "./conversation.ts";
import { type Placeholders, shown } from "./placeholders.ts";

export interface Comparison {
  readonly placeholders: Placeholders;
  /** Compare texts for people and headers too. */
  readonly strict: boolean;
}

/** Descriptions are free at level must, and storageVersionHash is opaque. */
const FREE_FIELDS = new Set(["description", "storageVersionHash", "message"]);
const SETS = new Set(["verbs", "shortNames", "categories"]);
/** Lists of discovery, in any order: the field that identifies an item. */
const KEYED: Readonly<Record<string, (item: Json) => unknown>> = {
  resources: (item) => item["name"] ?? item["resource"],
  subresources: (item) => item["subresource"],
  groups: (item) => item["name"],
};

/** Returns the differences between two JSON values. */
export function differences(how: Comparison, expected: unknown, actual: unknown, path = ""): readonly string[] {
  if (isStatus(expected) && !how.strict) return statusDifferences(how, expected, actual, path);
  if (isEmpty(expected) && isEmpty(actual)) return [];
  if (typeof expected === "string") return found(path, how.placeholders.compare(expected, actual));
  if (Array.isArray(expected)) return listDifferences(how, expected, actual, path);
  if (isFields(expected)) {
    if (!isFields(actual)) return [`${path}: expected ${shown(expected)}, is ${shown(actual)}`];
    return fieldDifferences(how, expected, actual, path);
  }
  return Object.is(expected, actual) ? [] : [`${path}: expected ${shown(expected)}, is ${shown(actual)}`];
}

function fieldDifferences(how: Comparison, expected: Json, actual: Json, path: string): readonly string[] {
  return Object.keys(expected).flatMap((written) => {
    const key = how.placeholders.fill(written);
    if (!how.strict && FREE_FIELDS.has(key) && typeof expected[written] === "string") return [];
    if (key === "storageVersionHash") return [];
    // An empty continue token and none are the same.
    if (key === "continue" && (expected[written] ?? "") === "" && (actual[key] ?? "") === "") return [];
    return differences(how, expected[written], actual[key], `${path}/${key}`);
  });
}

function listDifferences(
  how: Comparison,
  expected: readonly unknown[],
  actual: unknown,
  path: string,
): readonly string[] {
  if (!Array.isArray(actual)) return [`${path}: expected a list, is ${shown(actual)}`];
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (SETS.has(name) && !how.strict) {
    const missing = expected.filter((item) => !actual.includes(item));
    return found(path, missing.length > 0 ? `misses ${shown(missing)}` : undefined);
  }
  const keyOf = KEYED[name];
  if (keyOf) {
    return expected.flatMap((item) => {
      const key = keyOf(item as Json);
      const same = actual.find((other) => keyOf(other as Json) === key);
      return differences(how, item, same, `${path}[${String(key)}]`);
    });
  }
  if (expected.length !== actual.length) {
    return [`${path}: expected ${expected.length} items, is ${shown(actual)}`];
  }
  return expected.flatMap((item, index) => differences(how, item, actual[index], `${path}/${index}`));
}

interface Cause {
  readonly reason?: string;
  readonly field?: string;
}

/** Compares reason, code and details of a Status, but no texts. */
function statusDifferences(how: Comparison, expected: Json, actual: unknown, path: string): readonly string[] {
  if (!isFields(actual)) return [`${path}: expected ${shown(expected)}, is ${shown(actual)}`];
  const facts = (status: Json): Json => {
    const { name, kind, group, uid } = (status["details"] ?? {}) as Json;
    return {
      kind: status["kind"],
      status: status["status"],
      reason: status["reason"],
      code: status["code"],
      details: { name, kind, group, uid },
    };
  };
  const causes = (status: Json): readonly string[] =>
    (((status["details"] ?? {}) as { causes?: readonly Cause[] }).causes ?? [])
      .map(({ reason = "", field = "" }) => `${reason} ${field}`)
      .sort();
  const [wanted, given] = [causes(expected).map((text) => how.placeholders.fill(text)), causes(actual)];
  return [
    ...differences(how, { ...facts(expected), "": "" }, { ...facts(actual), "": "" }, path).map(
      (text) => `${text} (${shown(actual["message"])})`,
    ),
    ...found(
      `${path}/details/causes`,
      shown(wanted) === shown(given) ? undefined : `${shown(wanted)}, is ${shown(given)}`,
    ),
  ];
}

function isStatus(value: unknown): value is Json {
  return isFields(value) && value["kind"] === "Status" && value["apiVersion"] === "v1";
}

/** null, {} and no field are the same. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (isFields(value) && Object.values(value).every(isEmpty));
}

function isFields(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function found(path: string, difference: string | undefined): readonly string[] {
  return difference === undefined ? [] : [`${path}: ${difference}`];
}

/** Reads what a pointer selects: `/#` counts a list, `/*` lists the keys of a map, `[a.b=value]` finds an item. */
export function select(body: unknown, pointer: string): unknown {
  let value = body;
  for (const token of tokensOf(pointer)) {
    if (token === "#") return Array.isArray(value) ? value.length : 0;
    if (token === "*") return isFields(value) ? Object.keys(value).sort() : null;
    const item = /^\[(.+?)=(.*)\]$/.exec(token);
    if (item && Array.isArray(value)) {
      const path = (item[1] as string).split(".");
      value = value.find((each) => path.reduce((inner: unknown, key) => (inner as Json)?.[key], each) === item[2]);
    } else if (Array.isArray(value)) value = value[Number(token)];
    else value = isFields(value) ? value[token] : undefined;
  }
  return value ?? null;
}

function tokensOf(pointer: string): readonly string[] {
  // A slash inside brackets belongs to the token.
  const tokens = pointer.slice(1).match(/\[[^\]]*\]|[^/]+/g) ?? [];
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Removes metadata.managedFields at any depth. */
export function withoutManagedFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutManagedFields);
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "managedFields");
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutManagedFields(item)]));
}
