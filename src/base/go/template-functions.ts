// The built-in functions of Go templates: comparison, logic, printing, escaping, index, len, slice.
import { formatFloat } from "./number.ts";
import { quote } from "./quote.ts";

type TemplateFunction = (args: readonly unknown[]) => unknown;

/** An error of a template function. The executor adds the position in the template. */
export class FunctionFault extends Error {}

/** Limits the characters of all results of a template. */
export const MAX_OUTPUT = 1_048_576;

/** Throws before many long arguments exceed the longest string of the JavaScript engine. */
function appended(out: string, part: string): string {
  if (out.length + part.length <= MAX_OUTPUT) return out + part;
  throw new FunctionFault(`produces more than ${MAX_OUTPUT} characters`);
}

/** Behaves as text/template's IsTrue: the zero value and empty collections are false. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value !== null && typeof value === "object" && !("goType" in value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Formats a value as `{{.}}` does (fmt's %v). */
export function printed(value: unknown): string {
  if (value === undefined) return "<no value>";
  if (value === null) return "<nil>";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : formatFloat(value);
  if (Array.isArray(value)) return `[${value.map(printed).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const pairs = entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  return `map[${pairs.map(([key, item]) => `${String(key)}:${printed(item)}`).join(" ")}]`;
}

/** Returns the Go type name of a plain value. */
export function goTypeOf(value: unknown): string {
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  if (typeof value === "boolean") return "bool";
  if (Array.isArray(value)) return "[]string";
  if (value !== null && typeof value === "object" && "goType" in value) return String(value.goType);
  return typeof value === "object" ? "map[string]string" : typeof value;
}

/** Function name → minimum number of arguments; the count is exact without "or more". */
const ARGUMENTS: Readonly<Record<string, readonly [number, "or more"?]>> = {
  and: [1, "or more"],
  or: [1, "or more"],
  not: [1],
  len: [1],
  index: [1, "or more"],
  slice: [1, "or more"],
  eq: [1, "or more"],
  ne: [2],
  lt: [2],
  le: [2],
  gt: [2],
  ge: [2],
  printf: [1, "or more"],
};

/** Returns Go's error text for a wrong number of arguments; undefined if the count is valid. */
export function wrongCount(name: string, count: number): string | undefined {
  const [fewest, more] = ARGUMENTS[name] ?? [0, "or more"];
  if (more ? count >= fewest : count === fewest) return undefined;
  return `wrong number of args for ${name}: want ${more ? "at least " : ""}${fewest} got ${count}`;
}

function index(args: readonly unknown[]): unknown {
  return args.slice(1).reduce((item: unknown, key) => {
    if (Array.isArray(item) || typeof item === "string") {
      if (typeof key !== "number") throw new FunctionFault(`cannot index slice/array with type ${goTypeOf(key)}`);
      if (key < 0 || key >= item.length) throw new FunctionFault(`index out of range: ${key}`);
      return item[key];
    }
    if (item === undefined || item === null) throw new FunctionFault("index of untyped nil");
    if (typeof item !== "object") throw new FunctionFault(`can't index item of type ${goTypeOf(item)}`);
    if (typeof key !== "string") throw new FunctionFault(`value has type ${goTypeOf(key)}; should be string`);
    const found = item instanceof Map ? item.get(key) : (item as Record<string, unknown>)[String(key)];
    return found ?? "";
  }, args[0]);
}

function sameAsAny(args: readonly unknown[]): boolean {
  if (args.length < 2) throw new FunctionFault("missing argument for comparison");
  for (const item of args.slice(1)) checkComparable(args[0], item);
  return args.slice(1).includes(args[0]);
}

function checkComparable(a: unknown, b: unknown): void {
  if (goTypeOf(a) === goTypeOf(b)) return;
  throw new FunctionFault(`incompatible types for comparison: ${goTypeOf(a)} and ${goTypeOf(b)}`);
}

/** Implements `slice`: returns the part of a string or list between two indexes. */
function sliced([item, ...places]: readonly unknown[]): unknown {
  if (typeof item !== "string" && !Array.isArray(item)) {
    throw new FunctionFault(`can't slice item of type ${goTypeOf(item)}`);
  }
  const [from = 0, to = item.length] = places.map((place) => {
    if (typeof place !== "number") throw new FunctionFault(`cannot index slice/array with type ${goTypeOf(place)}`);
    if (place < 0 || place > item.length) throw new FunctionFault(`index out of range: ${place}`);
    return place;
  });
  if (from > to) throw new FunctionFault(`invalid slice index: ${from} > ${to}`);
  return item.slice(from, to);
}

function ordered(args: readonly unknown[]): number {
  const [a, b] = args as [number | string, number | string];
  checkComparable(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Map) return value.size;
  if (value !== null && typeof value === "object" && !("goType" in value)) return Object.keys(value).length;
  throw new FunctionFault(`len of type ${goTypeOf(value)}`);
}

/** Implements `print`: puts a space between two operands if neither is a string. */
function joined(args: readonly unknown[]): string {
  let out = "";
  args.forEach((item, at) => {
    const spaced = at > 0 && typeof item !== "string" && typeof args[at - 1] !== "string";
    out = appended(out, (spaced ? " " : "") + printed(item));
  });
  return out;
}

/** One step of `println`, which puts a space between all operands. */
function spaced(out: string, item: unknown, at: number): string {
  return appended(out, (at > 0 ? " " : "") + printed(item));
}

const VERB = /%([-+]*)(\d*)(?:\.(\d*))?([a-zA-Z%]|$)/g;

/** Implements fmt.Sprintf. */
function formatted([format, ...args]: readonly unknown[]): string {
  const text = String(format);
  let out = "";
  let at = 0;
  let used = 0;
  for (const match of text.matchAll(VERB)) {
    const [verb, flags = "", width = "", precision, letter = ""] = match;
    out = appended(out, text.slice(at, match.index));
    at = match.index + verb.length;
    // As in Go, a width that is too large ends the format.
    if (letter === "" || isTooLarge(width) || isTooLarge(precision)) {
      out += "%!(NOVERB)";
      at = text.length;
      break;
    }
    if (letter === "%") out += "%";
    else if (used >= args.length) out += `%!${letter}(MISSING)`;
    else out = appended(out, padded(formattedOne(args[used++], letter, precision) ?? verb, flags, width));
  }
  out = appended(out, text.slice(at));
  args.slice(used).forEach((item, place) => {
    const value = item === undefined ? "<nil>" : `${goTypeOf(item)}=${printed(item)}`;
    out = appended(out, place === 0 ? `%!(EXTRA ${value}` : `, ${value}`);
  });
  return used < args.length ? `${out})` : out;
}

/** Go stops reading digits once the number exceeds a million. */
function isTooLarge(digits = ""): boolean {
  return Number(digits.slice(0, -1)) > 1e6;
}

function padded(text: string, flags: string, width: string): string {
  return flags.includes("-") ? text.padEnd(Number(width)) : text.padStart(Number(width));
}

function formattedOne(value: unknown, letter: string, precision: string | undefined): string | undefined {
  switch (letter) {
    case "s":
    case "v":
    case "d":
    case "t":
      return printed(value);
    case "q":
      return quote(String(value));
    case "x":
      return typeof value === "number" ? value.toString(16) : Buffer.from(String(value)).toString("hex");
    case "f":
      return fixed(Number(value), precision === undefined ? 6 : Number(precision));
    default:
      return undefined;
  }
}

/** toFixed() allows at most 100 digits. */
function fixed(value: number, places: number): string {
  return places <= 100 ? value.toFixed(places) : value.toFixed(100) + "0".repeat(places - 100);
}

const JS_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "'": "\\'",
  '"': '\\"',
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};
const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "\0": "\uFFFD",
  '"': "&#34;",
  "'": "&#39;",
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};

function jsEscaped(text: string): string {
  return text
    .replace(/[\\'"<>&=]/g, (char) => JS_ESCAPES[char] ?? char)
    .replace(/[\0-\x1f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`);
}

/** Function name → implementation. All arguments are evaluated before the call. */
export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ["and", (args) => args.find((item) => !isTrue(item)) ?? args.at(-1)],
  ["or", (args) => args.find(isTrue) ?? args.at(-1)],
  ["not", (args) => !isTrue(args[0])],
  ["eq", sameAsAny],
  ["ne", (args) => !sameAsAny(args)],
  ["lt", (args) => ordered(args) < 0],
  ["le", (args) => ordered(args) <= 0],
  ["gt", (args) => ordered(args) > 0],
  ["ge", (args) => ordered(args) >= 0],
  ["index", index],
  ["len", (args) => lengthOf(args[0])],
  ["slice", sliced],
  ["print", joined],
  ["println", (args) => appended(args.reduce<string>(spaced, ""), "\n")],
  ["printf", formatted],
  ["js", (args) => jsEscaped(joined(args))],
  ["html", (args) => joined(args).replace(/[\0"'&<>]/g, (char) => HTML_ESCAPES[char] ?? char)],
  ["urlquery", (args) => encodeURIComponent(Buffer.from(joined(args)).toString()).replaceAll("%20", "+")],
]);
