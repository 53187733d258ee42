// What the parts of the api-examples suite share: reading inputs, and comparing objects as Go writes them with ours.
import { parse } from "yaml";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { ServingConfig } from "../../../src/apis/config/types.ts";
import type { AnyObject, StringMap } from "../../../src/apis/meta/object.ts";
import type { Verdict } from "../case.ts";
import { differences } from "../control-plane/compare.ts";

export type Fields = Record<string, unknown>;
const HASH_LABEL = "serving.knative.dev/deployment-hash";

/** The object in a YAML text. */
export function readYaml(text: string): AnyObject {
  return parse(text) as AnyObject;
}

/** The recorder's configuration, with what an example changes. */
export function exampleConfig(configMaps: Readonly<Record<string, StringMap | null | undefined>>): ServingConfig {
  const maps = { "config-deployment": { "queue-sidecar-image": "queue:img" }, ...configMaps };
  return makeServingConfig(new Map(Object.entries(maps).map(([name, data]) => [name, data ?? {}]))).config;
}

/** Go writes no apiVersion and kind of typed objects, empty statuses, and no field that is undefined. The hash depends on the hasher. */
export function asRecorded(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asRecorded);
  if (typeof value !== "object" || value === null) return value;
  const { status: _status, apiVersion: _version, kind: _kind, ...rest } = value as Fields;
  const { uid: _uid, ...metadata } = (rest["metadata"] ?? {}) as Fields & { labels?: Fields };
  const labels = metadata.labels && { ...metadata.labels };
  if (labels && HASH_LABEL in labels) labels[HASH_LABEL] = "{{hash}}";
  return { ...rest, metadata: { ...metadata, ...(labels ? { labels } : {}) } };
}

/** One verdict on two values. */
export function judge(name: string, expected: unknown, actual: unknown): Verdict {
  const strip = (value: unknown) => ({ kind: "", value: JSON.parse(JSON.stringify(value ?? null)) });
  const found = differences(strip(expected), strip(actual), []);
  if (found.length === 0) return { name, passed: true };
  const lines = found.map(
    ({ pointer, expected: a, actual: b }) => `${pointer}: expected ${JSON.stringify(a)}, is ${JSON.stringify(b)}`,
  );
  return { name, passed: false, why: lines.slice(0, 6).join("\n  ") };
}
