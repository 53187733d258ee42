// Knative's cluster configuration: ConfigMaps of namespace knative-serving, from the files and from knap.yaml's `config`. Pure.
import { SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { ConfigMap } from "../apis/core/types.ts";
import type { StringMap } from "../apis/meta/object.ts";

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
