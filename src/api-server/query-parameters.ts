// Parses query parameters.
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { ok, type Result } from "../base/result.ts";

/** Returns false for an absent parameter, `0`, and `false` in any case; true for other texts, also for an empty one. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && text !== "0" && text.toLowerCase() !== "false";
}

/** Returns a whole number; undefined if the parameter is absent or empty. Fails with 400 for other texts. */
export function wholeNumberOf(query: URLSearchParams, name: string): Result<number | undefined, ApiStatus> {
  const text = query.get(name);
  if (text === null || text === "") return ok(undefined);
  if (/^[+-]?\d{1,15}$/.test(text)) return ok(Number(text));
  const why = /^[+-]?\d+$/.test(text) ? "value out of range" : "invalid syntax";
  return refuse("BadRequest", `strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`);
}

/**
 * Returns a whole number; undefined if the parameter is absent or empty. Fails with 400 for other texts and for numbers
 * below `least`.
 */
export function integerOf(query: URLSearchParams, name: string, least: number): Result<number | undefined, ApiStatus> {
  const text = query.get(name) ?? "";
  if (text === "") return ok(undefined);
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return ok(value);
  const rule = `must be a whole number of at least ${least}, with at most 15 digits`;
  return refuse("BadRequest", `${name}: Invalid value: ${JSON.stringify(text)}: ${rule}`);
}
