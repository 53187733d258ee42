// Parses and checks ConfigMap config-gc: which revisions the garbage collector deletes. Source: pkg/gc/config.go.
import { durationMs, parseDuration } from "../../base/go/duration.ts";
import { parseUnsigned } from "../../base/go/number.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { GcConfig } from "./types.ts";

const HOUR_MS = 3_600_000;
const LARGEST = 2 ** 63;

/** Returns the error that Knative reports first. "disabled" becomes undefined. */
export function parseGcConfig(data: StringMap): Result<GcConfig> {
  const read = makeConfigReader(data);
  const minNonActiveRevisions = read.integer("min-non-active-revisions", 20, 64);
  if (read.error !== undefined) return failed(`failed to parse data: ${read.error}`);
  const created = limit(data["retain-since-create-time"], 48 * HOUR_MS, age);
  if (!created.ok) return failed(`failed to parse retain-since-create-time: ${created.error}`);
  const active = limit(data["retain-since-last-active-time"], 15 * HOUR_MS, age);
  if (!active.ok) return failed(`failed to parse retain-since-last-active-time: ${active.error}`);
  const most = limit(data["max-non-active-revisions"], 1000, count);
  if (!most.ok) return failed(`failed to parse max-non-active-revisions: ${most.error}`);
  if (minNonActiveRevisions < 0) {
    return failed(`min-non-active-revisions must be non-negative, was: ${minNonActiveRevisions}`);
  }
  if (most.value !== undefined && minNonActiveRevisions > most.value) {
    return failed(
      `min-non-active-revisions(${minNonActiveRevisions}) must be <= max-non-active-revisions(${most.value})`,
    );
  }
  return ok({
    retainSinceCreateTimeMs: created.value,
    retainSinceLastActiveTimeMs: active.value,
    minNonActiveRevisions,
    maxNonActiveRevisions: most.value,
  });
}

function limit(
  given: string | undefined,
  otherwise: number,
  parse: (text: string) => Result<number>,
): Result<number | undefined> {
  const text = given?.trim() ?? "";
  if (text === "") return ok(otherwise);
  return text.toLowerCase() === "disabled" ? ok(undefined) : parse(text);
}

function age(text: string): Result<number> {
  const duration = parseDuration(text);
  if (!duration.ok) return duration;
  return duration.value < 0n ? failed("must be non-negative") : ok(durationMs(duration.value));
}

function count(text: string): Result<number> {
  const number = parseUnsigned(text);
  if (!number.ok) return number;
  return number.value >= LARGEST ? failed("value should be lower than 9223372036854775807") : number;
}
