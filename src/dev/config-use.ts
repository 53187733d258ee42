// Finds changed keys of ConfigMaps and Secrets, and the pods that read them as environment variables. Pure.
import type { ConfigMap, Pod, Secret } from "../apis/core/types.ts";
import { kindOf } from "../apis/kinds.ts";
import { keyOf, keyText } from "../apis/meta/key.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";

/** A ConfigMap or Secret and its changed keys. */
export interface ChangedConfig {
  readonly kind: "ConfigMap" | "Secret";
  readonly namespace: string;
  readonly name: string;
  readonly keys: ReadonlySet<string>;
}

function dataOf(object: AnyObject): StringMap {
  if (kindOf(object) === "ConfigMap") return { ...(object as ConfigMap).binaryData, ...(object as ConfigMap).data };
  const { data, stringData = {} } = object as Secret;
  const written = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  return { ...data, ...Object.fromEntries(written) };
}

/**
 * Returns the changed keys of objects that existed before. Pods that need a new ConfigMap or Secret already wait for
 * the object.
 */
export function changedConfigs(before: readonly AnyObject[], after: readonly AnyObject[]): readonly ChangedConfig[] {
  const known = new Map(before.map((object) => [keyText(keyOf(object)), object]));
  return after.flatMap((object) => {
    const kind = kindOf(object);
    const old = known.get(keyText(keyOf(object)));
    if ((kind !== "ConfigMap" && kind !== "Secret") || old === undefined || old === object) return [];
    const [was, is] = [dataOf(old), dataOf(object)];
    const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((key) => was[key] !== is[key]);
    const { namespace = "default", name } = object.metadata;
    return keys.length === 0 ? [] : [{ kind, namespace, name, keys: new Set(keys) }];
  });
}

/** Returns true if a container of the pod reads a changed key as an environment variable. */
export function usesInEnvironment(pod: Pod, { kind, namespace, name, keys }: ChangedConfig): boolean {
  if ((pod.metadata.namespace ?? "default") !== namespace) return false;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers.some(({ env = [], envFrom = [] }) => {
    const whole = envFrom.map(({ configMapRef, secretRef }) => (kind === "ConfigMap" ? configMapRef : secretRef));
    const single = env.map(({ valueFrom }) =>
      kind === "ConfigMap" ? valueFrom?.configMapKeyRef : valueFrom?.secretKeyRef,
    );
    return whole.some((ref) => ref?.name === name) || single.some((ref) => ref?.name === name && keys.has(ref.key));
  });
}
