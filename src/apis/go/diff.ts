// Differences of two objects in the words of Knative's update errors: one block each, Go field names, old and new value.
// Source: knative.dev/pkg/kmp and the path syntax of go-cmp.
import { parseQuantity } from "../../base/go/quantity.ts";
import { fieldsOf } from "../../base/json.ts";
import { sameValue } from "../meta/same-value.ts";
import type { GoStruct, GoType } from "./go-type.ts";
import { goTypeName } from "./go-type.ts";
import { printedValue } from "./print.ts";

interface Site {
  readonly path: string;
  /** A pointer was followed to reach the value. */
  readonly isFollowed: boolean;
}

/** All differences from `old` to `now`; "" when there is none. `root` is how go-cmp names the compared type. */
export function diffText(type: GoStruct, root: string, old: unknown, now: unknown): string {
  return differences(type, old, now, { path: root, isFollowed: false }).join("");
}

function differences(type: GoType, old: unknown, now: unknown, site: Site): readonly string[] {
  if (type === "intOrString") return portDifferences(old, now, site);
  if (typeof type === "string")
    return sameValue(old, now) || isSameScalar(type, old, now) ? [] : [block(type, old, now, site)];
  if ("ptr" in type) {
    if (isNil(old) && isNil(now)) return [];
    if (isNil(old) || isNil(now)) return [block(type, old, now, site)];
    return differences(type.ptr, old, now, { ...site, isFollowed: typeof type.ptr === "string" });
  }
  if ("struct" in type) {
    const before = fieldsOf(old);
    const after = fieldsOf(now);
    return type.fields.flatMap((field) => {
      const name = field.via === undefined ? field.go : `${field.via}.${field.go}`;
      const inner = { path: `${site.path}.${name}`, isFollowed: false };
      return differences(field.type, before[field.json], after[field.json], inner);
    });
  }
  if (isNil(old) && isNil(now)) return [];
  if (isNil(old) || isNil(now)) return [block(type, old, now, site)];
  return "list" in type
    ? listDifferences(type.list, old as readonly unknown[], now as readonly unknown[], site)
    : mapDifferences(type.map, fieldsOf(old), fieldsOf(now), site);
}

/** Go sees three fields in an int-or-string. */
function portDifferences(old: unknown, now: unknown, { path }: Site): readonly string[] {
  const field = (name: string, type: GoType, of: (port: unknown) => unknown): readonly string[] =>
    differences(type, of(old), of(now), { path: `${path}.${name}`, isFollowed: false });
  return [
    ...field("Type", "int64", (port) => (typeof port === "string" ? 1 : 0)),
    ...field("IntVal", "int32", (port) => (typeof port === "number" ? port : 0)),
    ...field("StrVal", "string", (port) => (typeof port === "string" ? port : "")),
  ];
}

function mapDifferences(
  type: GoType,
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  { path }: Site,
): readonly string[] {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return keys.flatMap((key) => {
    const site = { path: `${path}[${JSON.stringify(key)}]`, isFollowed: false };
    if (!Object.hasOwn(old, key)) return [oneSided(type, "+", now[key], site)];
    if (!Object.hasOwn(now, key)) return [oneSided(type, "-", old[key], site)];
    return differences(type, old[key], now[key], site);
  });
}

/** Items are paired from both ends; what is left over in the middle was added or removed. */
function listDifferences(
  type: GoType,
  old: readonly unknown[],
  now: readonly unknown[],
  { path }: Site,
): readonly string[] {
  const shared = Math.min(old.length, now.length);
  let head = 0;
  while (head < shared && sameValue(old[head], now[head])) head += 1;
  let tail = 0;
  while (tail < shared - head && sameValue(old.at(-1 - tail), now.at(-1 - tail))) tail += 1;
  const paired = shared - head - tail;
  const out: string[] = [];
  for (let at = head; at < head + paired; at++) {
    out.push(...differences(type, old[at], now[at], { path: `${path}[${at}]`, isFollowed: false }));
  }
  for (let at = head + paired; at < old.length - tail; at++) {
    out.push(oneSided(type, "-", old[at], { path: `${path}[${at}->?]`, isFollowed: false }));
  }
  for (let at = head + paired; at < now.length - tail; at++) {
    out.push(oneSided(type, "+", now[at], { path: `${path}[?->${at}]`, isFollowed: false }));
  }
  return out;
}

function block(type: GoType, old: unknown, now: unknown, site: Site): string {
  return `${place(site)}:\n${line(type, "-", old)}${line(type, "+", now)}`;
}

function oneSided(type: GoType, sign: "-" | "+", value: unknown, site: Site): string {
  return `${place(site)}:\n${line(type, sign, value)}`;
}

function line(type: GoType, sign: "-" | "+", value: unknown): string {
  const isStruct = type === "quantity" || (typeof type === "object" && "struct" in type);
  return `\t${sign}: ${isStruct ? `${goTypeName(type)}: ` : ""}"${printedValue(type, value)}"\n`;
}

function place({ path, isFollowed }: Site): string {
  return `${isFollowed ? "*" : ""}${path}`;
}

/** A scalar that is not written is its zero value; quantities are compared by amount. */
function isSameScalar(type: string, old: unknown, now: unknown): boolean {
  if (type === "any") return false;
  if (type === "quantity") return amountOf(old) === amountOf(now);
  const zero = type === "bool" ? false : type.startsWith("int") ? 0 : "";
  return Object.is(old ?? zero, now ?? zero);
}

function amountOf(quantity: unknown): bigint | undefined {
  const read = parseQuantity(String(quantity ?? "0"));
  return read.ok ? read.value.nano : undefined;
}

function isNil(value: unknown): boolean {
  return value === undefined || value === null;
}
