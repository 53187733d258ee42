// Reads the keys of a ConfigMap and keeps the first error, with the texts of knative.dev/pkg/configmap/parser.
import { type Nanoseconds, parseDuration } from "../../base/go/duration.ts";
import { parseBool, parseFloat64, parseInteger } from "../../base/go/number.ts";
import { formatQuantity, parseQuantity } from "../../base/go/quantity.ts";
import { ok, type Result } from "../../base/result.ts";
import type { StringMap } from "../meta/object.ts";

/** Each method returns the default if the key is missing or its value does not parse; the latter sets `error`. */
export interface ConfigReader {
  /** The first error. */
  readonly error: string | undefined;
  text(key: string, otherwise: string): string;
  bool(key: string, otherwise: boolean): boolean;
  integer(key: string, otherwise: number, bits?: 32 | 64): number;
  float(key: string, otherwise: number): number;
  duration(key: string, otherwise: Nanoseconds): Nanoseconds;
  /** Returns the canonical quantities of the keys `<prefix>-<resource>-<use>` that are present, by resource. */
  resources(prefix: string, use: "request" | "limit"): Readonly<Record<string, string>>;
  /** Returns the trimmed items of a comma-separated list. */
  list(key: string, otherwise: readonly string[]): readonly string[];
  /** Reports an error that the caller found. */
  refuse(error: string): void;
}

const RESOURCES = ["cpu", "memory", "ephemeral-storage"];

function quantityText(text: string): Result<string> {
  const quantity = parseQuantity(text);
  return quantity.ok ? ok(formatQuantity(quantity.value)) : quantity;
}

export function makeConfigReader(data: StringMap): ConfigReader {
  let error: string | undefined;
  const read = <T>(key: string, otherwise: T, parse: (text: string) => Result<T>): T => {
    const text = data[key];
    if (text === undefined) return otherwise;
    const result = parse(text);
    if (result.ok) return result.value;
    error ??= `failed to parse "${key}": ${result.error}`;
    return otherwise;
  };
  return {
    get error() {
      return error;
    },
    text: (key, otherwise) => data[key]?.trim() ?? otherwise,
    bool: (key, otherwise) => read(key, otherwise, parseBool),
    integer: (key, otherwise, bits = 32) => read(key, otherwise, (text) => parseInteger(text, bits)),
    float: (key, otherwise) => read(key, otherwise, parseFloat64),
    duration: (key, otherwise) => read(key, otherwise, parseDuration),
    resources: (prefix, use) => {
      const found = RESOURCES.map((name) => [name, read(`${prefix}-${name}-${use}`, "", quantityText)] as const);
      return Object.fromEntries(found.filter(([, text]) => text !== ""));
    },
    list: (key, otherwise) => data[key]?.split(",").map((item) => item.trim()) ?? otherwise,
    refuse: (problem) => {
      error ??= problem;
    },
  };
}
