// Renders the environment of a container as a cluster's kubelet does: envFrom, env, references, $(VAR). Pure.
// Source: k8s.io/kubernetes/pkg/kubelet/kubelet_pods.go, third_party/forked/golang/expansion.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container, EnvVar } from "../../../apis/core/pod-spec.ts";
import type { ConfigMap, Secret } from "../../../apis/core/types.ts";
import { type FieldSources, fieldText, ownValue, resourceText } from "./downward-spec.ts";

export interface EnvironmentSources extends FieldSources {
  readonly configMap: (name: string) => ConfigMap | undefined;
  readonly secret: (name: string) => Secret | undefined;
}

/** The variables in order, or the reason why the container cannot be configured. */
export type EnvironmentOutcome = { readonly env: ReadonlyMap<string, string> } | { readonly error: string };

class MissingReference extends Error {}

export function renderEnvironment(
  pod: StoredPod,
  container: Container,
  sources: EnvironmentSources,
): EnvironmentOutcome {
  const env = new Map<string, string>();
  try {
    for (const [name, value] of importedVariables(container, sources)) env.set(name, value);
    for (const variable of container.env ?? []) {
      const value = variableText({ variable, pod, container, sources, env });
      if (value !== undefined) env.set(variable.name, value);
    }
    return { env };
  } catch (error) {
    if (error instanceof MissingReference) return { error: error.message };
    throw error;
  }
}

/** Replaces `$(NAME)` by its value and `$$` by `$`. Unknown names stay unchanged. */
export function expandVariables(text: string, env: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([^()]*)\))/g, (whole, inner: string, name: string | undefined) => {
    if (inner === "$") return "$";
    return env.get(name ?? "") ?? whole;
  });
}

function* importedVariables(container: Container, sources: EnvironmentSources): Generator<readonly [string, string]> {
  for (const { prefix = "", configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef
      ? configMapData(sources, configMapRef.name ?? "", configMapRef.optional ?? false)
      : secretData(sources, secretRef?.name ?? "", secretRef?.optional ?? false);
    for (const key of Object.keys(data ?? {}).sort()) {
      // Docker cannot pass such a name; Kubernetes before 1.30 skips it as well.
      if (!/[=\0]/.test(prefix + key)) yield [prefix + key, data?.[key] as string];
    }
  }
}

function variableText(at: {
  readonly variable: EnvVar;
  readonly pod: StoredPod;
  readonly container: Container;
  readonly sources: EnvironmentSources;
  readonly env: ReadonlyMap<string, string>;
}): string | undefined {
  const { variable, pod, container, sources, env } = at;
  const from = variable.valueFrom;
  if (!from) return expandVariables(variable.value ?? "", env);
  if (from.fieldRef) return fieldText(pod, from.fieldRef.fieldPath, sources);
  if (from.resourceFieldRef) return resourceText(pod, container, from.resourceFieldRef, sources);
  const namespace = pod.metadata.namespace;
  if (from.configMapKeyRef) {
    const { name = "", key, optional = false } = from.configMapKeyRef;
    const value = ownValue(configMapData(sources, name, optional), key);
    if (value !== undefined || optional) return value;
    throw new MissingReference(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
  }
  if (from.secretKeyRef) {
    const { name = "", key, optional = false } = from.secretKeyRef;
    const value = ownValue(secretData(sources, name, optional), key);
    if (value !== undefined || optional) return value;
    throw new MissingReference(`couldn't find key ${key} in Secret ${namespace}/${name}`);
  }
  return "";
}

function configMapData(
  sources: EnvironmentSources,
  name: string,
  optional: boolean,
): Readonly<Record<string, string>> | undefined {
  const found = sources.configMap(name);
  if (!found && !optional) throw new MissingReference(`configmap "${name}" not found`);
  return found && (found.data ?? {});
}

function secretData(sources: EnvironmentSources, name: string, optional: boolean): Record<string, string> | undefined {
  const found = sources.secret(name);
  if (!found && !optional) throw new MissingReference(`secret "${name}" not found`);
  if (!found) return undefined;
  const entries = Object.entries(found.data ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
}
