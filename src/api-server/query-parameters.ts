// Parses query parameters.
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { ok, type Result } from "../base/result.ts";

export function isSet(query: URLSearchParams, name: string): boolean {
  return ["true", "1"].includes(query.get(name) ?? "");
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
