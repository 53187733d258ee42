// Sets the defaults of a Revision's containers: names, probes, resources, mounts, security contexts.
// Source: pkg/apis/serving/v1/revision_defaults.go.

import { parseTemplate } from "../../base/go/template.ts";
import type { DefaultsConfig, FeaturesConfig } from "../config/types.ts";
import type { Container, PodSpec, Probe, SecurityContext, Volume, VolumeMount } from "../core/pod-spec.ts";
import { hasProbeHandler } from "../core/probe.ts";
import { goObjectMeta } from "../meta/go-object-meta.ts";
import { childName } from "../meta/names.ts";
import type { ObjectMeta } from "../meta/object.ts";

/** Names the unnamed containers with Knative's name template, which reads the parent's metadata. */
export function namedContainers(
  spec: Pick<PodSpec, "containers" | "initContainers">,
  parent: Partial<ObjectMeta>,
  defaults: DefaultsConfig,
): { readonly containers: readonly Container[]; readonly initContainers: readonly Container[] } {
  const containers = spec.containers ?? [];
  const initContainers = spec.initContainers ?? [];
  // Unnamed containers occupy the empty name, in case the template renders an empty string.
  const taken = new Set([...containers, ...initContainers].map(({ name }) => name ?? ""));
  return {
    containers: named(containers, templateText(defaults.containerNameTemplate, parent), taken),
    initContainers: named(initContainers, templateText(defaults.initContainerNameTemplate, parent), taken),
  };
}

function templateText(source: string, parent: Partial<ObjectMeta>): string {
  if (!source.includes("{{")) return source;
  const template = parseTemplate("container-template", source);
  const result = template.ok ? template.value.execute(goObjectMeta(parent)) : template;
  return result.ok ? result.value : "";
}

function named(containers: readonly Container[], base: string, taken: ReadonlySet<string>): readonly Container[] {
  let counter = 0;
  const next = (): string => {
    if (containers.length === 1 && !taken.has(base)) return base;
    let name = childName(base, `-${counter++}`);
    while (taken.has(name)) name = childName(base, `-${counter++}`);
    return name;
  };
  return containers.map((container) => (container.name ? container : { ...container, name: next() }));
}

/** Sets the defaults of a container, except for init containers. */
export function defaultedContainer(
  container: Container,
  isAlone: boolean,
  volumes: readonly Volume[],
  defaults: DefaultsConfig,
): Container {
  const needsReadiness = isAlone || (container.ports ?? []).length > 0;
  const readiness = defaultedReadiness(container.readinessProbe, needsReadiness);
  const mounts = container.volumeMounts?.map((mount) => defaultedMount(mount, volumes));
  return {
    ...container,
    resources: defaultedResources(container, defaults),
    ...(readiness === undefined ? {} : { readinessProbe: withGrpcService(readiness) }),
    ...(container.livenessProbe ? { livenessProbe: withGrpcService(container.livenessProbe) } : {}),
    ...(container.startupProbe ? { startupProbe: withGrpcService(container.startupProbe) } : {}),
    ...(mounts === undefined ? {} : { volumeMounts: mounts }),
  };
}

function defaultedResources({ resources }: Container, defaults: DefaultsConfig): NonNullable<Container["resources"]> {
  const limits = { ...defaults.revisionLimits, ...resources?.limits };
  const requests = { ...defaults.revisionRequests, ...resources?.requests };
  return {
    ...resources,
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
  };
}

function defaultedReadiness(probe: Probe | undefined, needsReadiness: boolean): Probe | undefined {
  if (!probe && !needsReadiness) return undefined;
  const hasHandler = probe !== undefined && hasProbeHandler(probe);
  const withHandler: Probe = hasHandler || !needsReadiness ? (probe ?? {}) : { ...probe, tcpSocket: { port: 0 } };
  const isPeriodic = Boolean(withHandler.periodSeconds);
  return {
    ...withHandler,
    successThreshold: withHandler.successThreshold || 1,
    ...(isPeriodic && !withHandler.failureThreshold ? { failureThreshold: 3 } : {}),
    ...(isPeriodic && !withHandler.timeoutSeconds ? { timeoutSeconds: 1 } : {}),
  };
}

function withGrpcService(probe: Probe): Probe {
  return probe.grpc ? { ...probe, grpc: { ...probe.grpc, service: probe.grpc.service ?? "" } } : probe;
}

function defaultedMount(mount: VolumeMount, volumes: readonly Volume[]): VolumeMount {
  const isWritable = volumes.some(
    ({ name, emptyDir, persistentVolumeClaim, ephemeral }) =>
      name === mount.name && Boolean(emptyDir ?? persistentVolumeClaim ?? ephemeral),
  );
  return isWritable ? mount : { ...mount, readOnly: true };
}

/** Sets the security context that gate secure-pod-defaults demands. */
export function securedContainer(
  container: Container,
  pod: PodSpec["securityContext"],
  mode: FeaturesConfig["securePodDefaults"],
): Container {
  if (mode === "Disabled") return container;
  const own: SecurityContext = container.securityContext ?? {};
  const setsSeccomp = !pod?.seccompProfile?.type && !own.seccompProfile?.type;
  const bindsLow = container.ports?.some(({ containerPort }) => containerPort < 1024) ?? false;
  const capabilities = own.capabilities ?? { drop: ["ALL"], ...(bindsLow ? { add: ["NET_BIND_SERVICE"] } : {}) };
  const setsNonRoot = mode === "Enabled" && pod?.runAsNonRoot === undefined && own.runAsNonRoot === undefined;
  return {
    ...container,
    securityContext: {
      ...own,
      allowPrivilegeEscalation: own.allowPrivilegeEscalation ?? false,
      ...(setsSeccomp ? { seccompProfile: { ...own.seccompProfile, type: "RuntimeDefault" } } : {}),
      capabilities,
      ...(setsNonRoot ? { runAsNonRoot: true } : {}),
    },
  };
}
