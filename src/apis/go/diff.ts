// Prints the differences of two objects as Knative's update errors do: Go's field path, old and new value.
// Source: knative.dev/pkg/kmp and the path syntax of go-cmp.
import { parseQuantity } from "../../base/go/quantity.ts";
import { fieldsOf } from "../../base/json.ts";
import { type FieldType, goNameOf, type StructType } from "../fields/field.ts";
import { sameValue } from "../meta/same-value.ts";
import { goTypeName, printedValue } from "./print.ts";

interface DiffPlace {
  readonly path: string;
  /** The value lies behind a pointer; go-cmp marks its path with a star. */
  readonly isFollowed: boolean;
}

/** Returns all differences from `old` to `now`, or "". `root` is the name that go-cmp gives to the compared type. */
export function diffText(type: StructType, root: string, old: unknown, now: unknown): string {
  return differences(type, old, now, { path: root, isFollowed: false }).join("");
}

function differences(type: FieldType, old: unknown, now: unknown, place: DiffPlace): readonly string[] {
  if (type === "intOrString") return portDifferences(old, now, place);
  if (typeof type === "string")
    return sameValue(old, now) || isSameScalar(type, old, now) ? [] : [block(type, old, now, place)];
  if ("ptr" in type) {
    if (isNil(old) && isNil(now)) return [];
    if (isNil(old) || isNil(now)) return [block(type, old, now, place)];
    return differences(type.ptr, old, now, { ...place, isFollowed: typeof type.ptr === "string" });
  }
  if ("struct" in type) {
    const before = fieldsOf(old);
    const after = fieldsOf(now);
    return type.fields.flatMap((field) => {
      const own = goNameOf(field);
      const name = field.via === undefined ? own : `${field.via}.${own}`;
      const inner = { path: `${place.path}.${name}`, isFollowed: false };
      return differences(field.type, before[field.json], after[field.json], inner);
    });
  }
  if (isNil(old) && isNil(now)) return [];
  if (isNil(old) || isNil(now)) return [block(type, old, now, place)];
  return "list" in type
    ? listDifferences(type.list, old as readonly unknown[], now as readonly unknown[], place)
    : mapDifferences(type.map, fieldsOf(old), fieldsOf(now), place);
}

/** Go's IntOrString is a struct of three fields. */
function portDifferences(old: unknown, now: unknown, { path }: DiffPlace): readonly string[] {
  const field = (name: string, type: FieldType, of: (port: unknown) => unknown): readonly string[] =>
    differences(type, of(old), of(now), { path: `${path}.${name}`, isFollowed: false });
  return [
    ...field("Type", "int64", (port) => (typeof port === "string" ? 1 : 0)),
    ...field("IntVal", "int32", (port) => (typeof port === "number" ? port : 0)),
    ...field("StrVal", "string", (port) => (typeof port === "string" ? port : "")),
  ];
}

function mapDifferences(
  type: FieldType,
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  { path }: DiffPlace,
): readonly string[] {
  const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return keys.flatMap((key) => {
    const place = { path: `${path}[${JSON.stringify(key)}]`, isFollowed: false };
    if (!Object.hasOwn(old, key)) return [oneSided(type, "+", now[key], place)];
    if (!Object.hasOwn(now, key)) return [oneSided(type, "-", old[key], place)];
    return differences(type, old[key], now[key], place);
  });
}

/** Pairs equal items from both ends; the unpaired items in the middle were changed, added or removed. */
function listDifferences(
  type: FieldType,
  old: readonly unknown[],
  now: readonly unknown[],
  { path }: DiffPlace,
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

function block(type: FieldType, old: unknown, now: unknown, place: DiffPlace): string {
  return `${placeText(place)}:\n${valueLine(type, "-", old)}${valueLine(type, "+", now)}`;
}

function oneSided(type: FieldType, sign: "-" | "+", value: unknown, place: DiffPlace): string {
  return `${placeText(place)}:\n${valueLine(type, sign, value)}`;
}

function valueLine(type: FieldType, sign: "-" | "+", value: unknown): string {
  const isStruct = type === "quantity" || (typeof type === "object" && "struct" in type);
  return `\t${sign}: ${isStruct ? `${goTypeName(type)}: ` : ""}"${printedValue(type, value)}"\n`;
}

function placeText({ path, isFollowed }: DiffPlace): string {
  return `${isFollowed ? "*" : ""}${path}`;
}

/**
 * Returns true if the values are equal. A missing scalar equals its zero value; quantities are equal if their amounts
 * are.
 */
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
