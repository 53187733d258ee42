// Reads the keys of one ConfigMap in order and keeps the first error, worded as knative.dev/pkg/configmap/parser does.
import { type Nanoseconds, parseDuration } from "../../base/go/duration.ts";
import { parseBool, parseFloat64, parseInteger } from "../../base/go/number.ts";
import { canonicalQuantity, parseQuantity } from "../../base/go/quantity.ts";
import type { Result } from "../../base/result.ts";
import type { StringMap } from "../meta/object.ts";

/** A missing key gives the default, an unreadable one too; then `error` tells. */
export interface ConfigReader {
  readonly error: string | undefined;
  /** Keeps the first error of its reads. */
  text(key: string, otherwise: string): string;
  bool(key: string, otherwise: boolean): boolean;
  integer(key: string, otherwise: number, bits?: 32 | 64): number;
  float(key: string, otherwise: number): number;
  duration(key: string, otherwise: Nanoseconds): Nanoseconds;
  /** The canonical quantity text; undefined when the key is not set. */
  quantity(key: string): string | undefined;
  /** A comma-separated list, trimmed. */
  list(key: string, otherwise: readonly string[]): readonly string[];
  /** Something is wrong with what was read; kept when it is the first error. */
  refuse(error: string): void;
}

/** A reader over the data of a ConfigMap. */
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
    quantity: (key) => {
      const quantity = read(key, undefined, (text) => parseQuantity(text) as Result<unknown>);
      return quantity === undefined ? undefined : canonicalQuantity(data[key] ?? "");
    },
    list: (key, otherwise) => data[key]?.split(",").map((item) => item.trim()) ?? otherwise,
    refuse: (problem) => {
      error ??= problem;
    },
  };
}
