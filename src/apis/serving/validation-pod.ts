// Validates a Revision's pod spec: which fields are allowed, and the containers together.
// Source: pkg/apis/serving/k8s_validation.go, fieldmask.go.
import type { FeaturesConfig } from "../config/types.ts";
import type { Container, PodSpec } from "../core/pod-spec.ts";
import { disallowed, type Findings, finding, invalidValue, missing, none, via, viaIndex } from "../meta/field-error.ts";
import { dns1123SubdomainErrors } from "../meta/names.ts";
import {
  type PodContext,
  validateContainer,
  validatePort,
  validatePortCount,
  validateServingPort,
} from "./validation-container.ts";
import { validateProbes, validateSidecarProbes } from "./validation-probes.ts";
import { validatePodSecurityContext, warnInsecure } from "./validation-security.ts";
import { validateVolumes } from "./validation-volumes.ts";

/** Pod field → gate. The field is allowed unless its gate is Disabled. */
export const fieldGates: Readonly<Record<string, string>> = {
  affinity: "kubernetes.podspec-affinity",
  topologySpreadConstraints: "kubernetes.podspec-topologyspreadconstraints",
  hostAliases: "kubernetes.podspec-hostaliases",
  nodeSelector: "kubernetes.podspec-nodeselector",
  runtimeClassName: "kubernetes.podspec-runtimeclassname",
  tolerations: "kubernetes.podspec-tolerations",
  securityContext: "kubernetes.podspec-securitycontext",
  shareProcessNamespace: "kubernetes.podspec-shareprocessnamespace",
  priorityClassName: "kubernetes.podspec-priorityclassname",
  schedulerName: "kubernetes.podspec-schedulername",
  initContainers: "kubernetes.podspec-init-containers",
  dnsPolicy: "kubernetes.podspec-dnspolicy",
  dnsConfig: "kubernetes.podspec-dnsconfig",
  hostIPC: "kubernetes.podspec-hostipc",
  hostPID: "kubernetes.podspec-hostpid",
  hostNetwork: "kubernetes.podspec-hostnetwork",
};
const ALWAYS = new Set([
  "serviceAccountName",
  "containers",
  "volumes",
  "imagePullSecrets",
  "enableServiceLinks",
  // A RevisionSpec has these fields besides those of a PodSpec.
  "containerConcurrency",
  "timeoutSeconds",
  "responseStartTimeoutSeconds",
  "idleTimeoutSeconds",
]);

/** Validates a pod spec. Paths are relative to it. */
export function validatePodSpec(spec: PodSpec, features: FeaturesConfig): Findings {
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const mounted = new Set(all.flatMap(({ volumeMounts }) => (volumeMounts ?? []).map(({ name }) => name)));
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const ports = (spec.containers ?? []).findLast((container) => container.ports?.length)?.ports;
  const pod: PodContext = { volumes, features, portName: ports?.[0]?.name || "http" };
  const { serviceAccountName: account = "" } = spec;
  const accountErrors = account === "" ? [] : dns1123SubdomainErrors(account);
  return [
    ...disallowed(...Object.keys(spec).filter((field) => !isAllowed(field, spec, features))),
    ...(spec.securityContext
      ? via("securityContext", validatePodSecurityContext(spec.securityContext, features))
      : none),
    ...accountErrors.flatMap((error) => invalidValue(account, "serviceAccountName", error)),
    ...validateVolumes(spec.volumes ?? [], mounted, features),
    ...validatePortCount(spec.containers ?? []),
    ...validateContainers(spec.containers ?? [], pod),
    ...validateInitContainers(spec, pod),
    ...warnInsecure(spec, features),
  ];
}

function isAllowed(field: string, spec: PodSpec, features: FeaturesConfig): boolean {
  if (ALWAYS.has(field)) return true;
  if (field === "automountServiceAccountToken") return spec.automountServiceAccountToken === false;
  if (field === "securityContext" && features.securePodDefaults !== "Disabled") return true;
  const gate = fieldGates[field];
  return gate !== undefined && features.gates[gate] !== "Disabled";
}

function validateContainers(containers: readonly Container[], pod: PodContext): Findings {
  const [only] = containers;
  if (!only) return missing("containers");
  if (containers.length === 1) return viaIndex("containers", 0, validateServing(only, pod));
  if (pod.features.gates["multi-container"] !== "Enabled") {
    return finding(`multi-container is off, but found ${containers.length} containers`, []);
  }
  const names = new Set<string>();
  return containers.reduce((found: Findings, container, index) => {
    const isServing = (container.ports ?? []).length > 0;
    const own = isServing ? validateServing(container, pod) : validateSidecar(container, pod);
    return [...checkedName(container, index, names, found), ...viaIndex("containers", index, own)];
  }, none);
}

/** As in Knative, a repeated name adds its index to the paths of all findings so far. */
function checkedName({ name = "" }: Container, index: number, names: Set<string>, found: Findings): Findings {
  if (!names.has(name)) {
    names.add(name);
    return found;
  }
  const repeated = finding(`duplicate container name ${JSON.stringify(name)}`, ["name"]);
  return viaIndex("containers", index, [...found, ...repeated]);
}

function validateServing(container: Container, pod: PodContext): Findings {
  return [
    ...validateContainer(container, pod, "serves"),
    ...validateServingPort(container.ports ?? []),
    ...validateProbes(container, pod.portName),
  ];
}

function validateSidecar(container: Container, pod: PodContext): Findings {
  return [
    ...validateContainer(container, pod),
    ...validateSidecarProbes(container, pod.features.gates["multi-container-probing"] === "Enabled"),
  ];
}

/** As in Knative, the paths of init containers begin with `containers[i]`. */
function validateInitContainers(spec: PodSpec, pod: PodContext): Findings {
  const { initContainers = [] } = spec;
  if (initContainers.length === 0) return none;
  if (pod.features.gates["kubernetes.podspec-init-containers"] !== "Enabled") {
    return finding(
      `pod spec support for init-containers is off, but found ${initContainers.length} init containers`,
      [],
    );
  }
  const names = new Set((spec.containers ?? []).map(({ name }) => name ?? ""));
  return initContainers.reduce((found: Findings, container, index) => {
    const isRepeated = names.has(container.name ?? "");
    const before = isRepeated ? checkedName(container, index, names, found) : found;
    const own = validateInitContainer(container, pod);
    return [...before, ...viaIndex("containers", index, own)];
  }, none);
}

function validateInitContainer(container: Container, pod: PodContext): Findings {
  const never = (["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"] as const).filter(
    (field) => container[field] !== undefined,
  );
  const ports = container.ports ?? [];
  return [
    ...never.flatMap((field) => finding("field not allowed in an init container", [field])),
    ...validateContainer(container, pod),
    ...ports.flatMap((port) => via("ports", validatePort(port))),
  ];
}
