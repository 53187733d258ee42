// Helpers of the api-examples suite: they parse inputs and compare recorded objects with knap's.
import { parse } from "yaml";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { ServingConfig } from "../../../src/apis/config/types.ts";
import type { AnyObject, StringMap } from "../../../src/apis/meta/object.ts";
import type { Verdict } from "../case.ts";
import { differences } from "../control-plane/compare.ts";

export type Fields = Record<string, unknown>;
const HASH_LABEL = "serving.knative.dev/deployment-hash";

export function readYaml(text: string): AnyObject {
  return parse(text) as AnyObject;
}

/** The configuration of the recorder, with the changes of an example. */
export function exampleConfig(configMaps: Readonly<Record<string, StringMap | null | undefined>>): ServingConfig {
  const maps = { "config-deployment": { "queue-sidecar-image": "queue:img" }, ...configMaps };
  return makeServingConfig(new Map(Object.entries(maps).map(([name, data]) => [name, data ?? {}]))).config;
}

/** Go omits apiVersion and kind of typed objects and writes empty statuses. The deployment hash differs from Go's. */
export function asRecorded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asRecorded);
  if (typeof value !== "object" || value === null) return value;
  const { status: _status, apiVersion: _version, kind: _kind, ...rest } = value as Fields;
  const { uid: _uid, ...metadata } = (rest["metadata"] ?? {}) as Fields & { labels?: Fields };
  const labels = metadata.labels && { ...metadata.labels };
  if (labels && HASH_LABEL in labels) labels[HASH_LABEL] = "{{hash}}";
  return { ...rest, metadata: { ...metadata, ...(labels ? { labels } : {}) } };
}

/** Compares two values. */
export function judge(name: string, expected: unknown, actual: unknown): Verdict {
  const strip = (value: unknown) => ({ kind: "", value: JSON.parse(JSON.stringify(value ?? null)) });
  const found = differences(strip(expected), strip(actual), []);
  if (found.length === 0) return { name, passed: true };
  const lines = found.map(
    ({ pointer, expected: a, actual: b }) => `${pointer}: expected ${JSON.stringify(a)}, is ${JSON.stringify(b)}`,
  );
  return { name, passed: false, why: lines.slice(0, 6).join("\n  ") };
}
