// Changes objects as the user demands: sends pinned traffic to the latest Revision, and renames Secrets.
import type { AnyObject } from "../apis/meta/object.ts";
import type { Route, Service, TrafficTarget } from "../apis/serving/types.ts";
import { isFields } from "../base/json.ts";

const isServing = ({ apiVersion }: AnyObject): boolean => apiVersion.startsWith("serving.knative.dev/");

/** Returns the traffic targets of a Service or Route if one of them names a Revision. */
export function pinnedTraffic(object: AnyObject): readonly TrafficTarget[] | undefined {
  if ((object.kind !== "Service" && object.kind !== "Route") || !isServing(object)) return undefined;
  const { traffic } = isFields(object.spec) ? object.spec : {};
  if (!Array.isArray(traffic) || !traffic.every(isFields)) return undefined;
  return traffic.some(({ revisionName }) => revisionName) ? (traffic as readonly TrafficTarget[]) : undefined;
}

/**
 * Returns the object with all its traffic on the latest ready Revision; tags and percentages stay. A target of a Route
 * is not changed if its Configuration is not among `configurations`.
 */
export function withLatestTraffic(object: AnyObject, configurations: readonly string[]): AnyObject {
  const traffic = pinnedTraffic(object)?.map((target): TrafficTarget => {
    const { revisionName = "", configurationName, latestRevision, ...rest } = target;
    if (object.kind === "Service") return { ...rest, latestRevision: true };
    const owner = configurationName ?? configurations.find((name) => revisionName.startsWith(`${name}-`));
    return owner === undefined ? target : { ...rest, configurationName: owner, latestRevision: true };
  });
  return traffic === undefined ? object : { ...object, spec: { ...(object as Service | Route).spec, traffic } };
}

/** Fields around the name of a Secret → the field of the name. A projected volume has `secret.name`. */
const REFERENCES = new Map([
  ["secretKeyRef", ["name"]],
  ["secretRef", ["name"]],
  ["secret", ["secretName", "name"]],
  ["nodePublishSecretRef", ["name"]],
  ["tls", ["secretName"]],
  ["imagePullSecrets", ["name"]],
]);

/** Calls `use` with each reference to a Secret and its path, and replaces the name by the result. */
export function mapSecretNames<T>(value: T, use: (name: string, path: string) => string): T {
  return mapNames(value, use, "", "") as T;
}

/** `key`: the field that holds the value, or the list around it. */
function mapNames(value: unknown, use: (name: string, path: string) => string, path: string, key: string): unknown {
  if (Array.isArray(value)) return value.map((item, at) => mapNames(item, use, `${path}[${at}]`, key));
  if (!isFields(value)) return value;
  const name = REFERENCES.get(key)?.find((field) => typeof value[field] === "string");
  const entries = Object.entries(value).map(([field, inner]) => {
    const at = path === "" ? field : `${path}.${field}`;
    return [field, field === name ? use(String(inner), at) : mapNames(inner, use, at, field)] as const;
  });
  return Object.fromEntries(entries);
}

/** Returns the object with other names of Secrets: its own, or those in its references. */
export function withSecretNames(object: AnyObject, names: ReadonlyMap<string, string>): AnyObject {
  if (names.size === 0) return object;
  const rename = (name: string): string => names.get(name) ?? name;
  const isSecret = object.apiVersion === "v1" && object.kind === "Secret";
  if (!isSecret) return isServing(object) ? mapSecretNames(object, rename) : object;
  return { ...object, metadata: { ...object.metadata, name: rename(object.metadata.name) } };
}
