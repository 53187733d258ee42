// Knative's cluster configuration: ConfigMaps of namespace knative-serving, from the files and from knap.yaml's `config`. Pure.
import type { ConfigMap } from "../apis/core/types.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";

const SYSTEM_NAMESPACE = "knative-serving";

function isConfigMap(object: AnyObject): object is ConfigMap {
  return object.apiVersion === "v1" && object.kind === "ConfigMap";
}

/** Whether this object is cluster configuration. */
export function isClusterConfig(object: AnyObject): object is ConfigMap {
  return isConfigMap(object) && object.metadata.namespace === SYSTEM_NAMESPACE;
}

/** `config: { autoscaler: {…} }` → `config-autoscaler`, laid over a document of the files with the same name. */
export function mergeClusterConfig(
  documents: readonly ConfigMap[],
  settings: Readonly<Record<string, StringMap>>,
): readonly ConfigMap[] {
  const merged = new Map<string, ConfigMap>(documents.map((map) => [map.metadata.name, map]));
  for (const [short, data] of Object.entries(settings)) {
    const name = short.startsWith("config-") ? short : `config-${short}`;
    const before = merged.get(name);
    merged.set(
      name,
      before === undefined
        ? { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: SYSTEM_NAMESPACE }, data }
        : { ...before, data: { ...before.data, ...data } },
    );
  }
  return [...merged.values()];
}
