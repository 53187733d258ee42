// ConfigMap config-gc: which revisions are thrown away. Source: pkg/gc/config.go.
import { durationMs, parseDuration } from "../../base/go/duration.ts";
import { parseUnsigned } from "../../base/go/number.ts";
import { type Parsed, parsed, unparsed } from "../../base/parsed.ts";
import type { StringMap } from "../meta/object.ts";
import { makeConfigReader } from "./reader.ts";
import type { GcConfig } from "./types.ts";

const HOUR_MS = 3_600_000;
const LARGEST = 2 ** 63;

/** Parses and checks config-gc; "disabled" gives undefined. The error is the first one that Knative finds. */
export function parseGcConfig(data: StringMap): Parsed<GcConfig> {
  const read = makeConfigReader(data);
  const minNonActiveRevisions = read.integer("min-non-active-revisions", 20, 64);
  if (read.error !== undefined) return unparsed(`failed to parse data: ${read.error}`);
  const created = limit(data["retain-since-create-time"], 48 * HOUR_MS, age);
  if (!created.ok) return unparsed(`failed to parse retain-since-create-time: ${created.error}`);
  const active = limit(data["retain-since-last-active-time"], 15 * HOUR_MS, age);
  if (!active.ok) return unparsed(`failed to parse retain-since-last-active-time: ${active.error}`);
  const most = limit(data["max-non-active-revisions"], 1000, count);
  if (!most.ok) return unparsed(`failed to parse max-non-active-revisions: ${most.error}`);
  if (minNonActiveRevisions < 0) {
    return unparsed(`min-non-active-revisions must be non-negative, was: ${minNonActiveRevisions}`);
  }
  if (most.value !== undefined && minNonActiveRevisions > most.value) {
    return unparsed(
      `min-non-active-revisions(${minNonActiveRevisions}) must be <= max-non-active-revisions(${most.value})`,
    );
  }
  return parsed({
    retainSinceCreateTimeMs: created.value,
    retainSinceLastActiveTimeMs: active.value,
    minNonActiveRevisions,
    maxNonActiveRevisions: most.value,
  });
}

function limit(
  given: string | undefined,
  otherwise: number,
  parse: (text: string) => Parsed<number>,
): Parsed<number | undefined> {
  const text = given?.trim() ?? "";
  if (text === "") return parsed(otherwise);
  return text.toLowerCase() === "disabled" ? parsed(undefined) : parse(text);
}

function age(text: string): Parsed<number> {
  const duration = parseDuration(text);
  if (!duration.ok) return duration;
  return duration.value < 0n ? unparsed("must be non-negative") : parsed(durationMs(duration.value));
}

function count(text: string): Parsed<number> {
  const number = parseUnsigned(text);
  if (!number.ok) return number;
  return number.value >= LARGEST ? unparsed("value should be lower than 9223372036854775807") : number;
}
