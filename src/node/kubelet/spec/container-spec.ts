// A container of a Pod, with its ConfigMaps and Secrets, → what the runtime creates. Pure; PORT and K_… stand in the template already.

import { QUEUE_PROXY, servingPort, userContainers } from "../../../apis/core/pod.ts";
import type { Container, Probe } from "../../../apis/core/pod-spec.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { ContainerSpec, MountSpec } from "../../runtime/runtime.ts";
import { type EnvironmentSources, expandVariables, renderEnvironment } from "./environment-spec.ts";
import { renderLimits, renderSecurity } from "./security-spec.ts";

/** How a process is started in place of an image (process runtime). */
export interface StartCommand {
  readonly command: readonly string[];
  readonly folder: string;
  /** Below the pod's own environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ContainerPlace {
  readonly pod: Pod;
  readonly container: Container;
  /** How often it was restarted: part of its name. */
  readonly attempt: number;
  readonly image: { readonly reference: string; readonly user: string };
  readonly sources: EnvironmentSources;
  /** A prefix that no other session's containers share. */
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How it is put on the network. */
  readonly placement: Pick<ContainerSpec, "network" | "networkOf" | "ports" | "dns" | "extraHosts">;
  readonly mounts: readonly MountSpec[];
  readonly start?: StartCommand;
}

export type ContainerOutcome =
  | { readonly spec: ContainerSpec }
  /**
   * `ContainerCreating`: a volume is not there yet, which a cluster shows as waiting to be created.
   * `NeedsContainer`: a process cannot be this, and never will.
   */
  | {
      readonly error: {
        readonly reason: "CreateContainerConfigError" | "ContainerCreating" | "NeedsContainer";
        readonly message: string;
      };
    };

const HOSTNAME_LENGTH = 63;

/** The container with each mount's `subPathExpr` written out as `subPath`. */
export function withSubPaths(pod: Pod, container: Container, sources: EnvironmentSources): Container {
  if (!container.volumeMounts?.some(({ subPathExpr }) => subPathExpr)) return container;
  const environment = renderEnvironment(pod, container, sources);
  const env = "env" in environment ? environment.env : new Map<string, string>();
  const volumeMounts = container.volumeMounts.map(({ subPathExpr, ...mount }) =>
    subPathExpr ? { ...mount, subPath: expandVariables(subPathExpr, env) } : mount,
  );
  return { ...container, volumeMounts };
}

/** Renders one container, or says why it cannot be configured. */
export function renderContainer(place: ContainerPlace): ContainerOutcome {
  const { pod, container } = place;
  const environment = renderEnvironment(pod, container, place.sources);
  if ("error" in environment) return configError(environment.error);
  const security = renderSecurity(pod, container, place.image.user);
  if ("error" in security) return configError(security.error);
  const { env } = environment;
  const expand = (texts: readonly string[] | undefined): readonly string[] | undefined =>
    texts?.length ? texts.map((text) => expandVariables(text, env)) : undefined;
  const command = place.start?.command ?? expand(container.command);
  const args = place.start ? undefined : expand(container.args);
  const merged = { ...place.start?.env, ...Object.fromEntries(env) };
  return {
    spec: {
      name: `${place.prefix}_${pod.metadata.name}_${container.name ?? ""}_${place.attempt}`,
      image: place.image.reference,
      ...(command && { command }),
      ...(args && { args }),
      ...(container.workingDir && { workingDir: container.workingDir }),
      env: Object.entries(merged),
      labels: { ...place.labels, ...podLabels(pod, container) },
      hostname: hostnameOf(pod),
      ...place.placement,
      ...(place.mounts.length > 0 && { mounts: place.mounts }),
      ...security.security,
      ...renderLimits(container.resources),
      ...(pod.spec.hostAliases && !place.placement.networkOf && { extraHosts: hostLines(place) }),
      ...(place.start && { projectFolder: place.start.folder }),
    },
  };
}

/** The pod's name as a host name: at most 63 characters, no dot or dash at the end. */
export function hostnameOf(pod: Pod): string {
  return (pod.spec.hostname ?? pod.metadata.name).slice(0, HOSTNAME_LENGTH).replace(/[-.]+$/, "");
}

/** Every port that traffic or a probe may go to: what must be reachable from outside the pod. */
export function dialledPorts(pod: Pod): readonly number[] {
  const ports = new Set<number>([servingPort(pod)]);
  for (const probe of readinessProbes(pod)) addPort(ports, probe);
  for (const container of userContainers(pod)) {
    for (const { containerPort } of container.ports ?? []) ports.add(containerPort);
    for (const probe of [container.livenessProbe, container.startupProbe, container.readinessProbe])
      addPort(ports, probe);
  }
  return [...ports];
}

/** The readiness probes that queue-proxy runs, as the template tells it. */
export function readinessProbes(pod: Pod): readonly Probe[] {
  const proxy = pod.spec.containers.find(({ name }) => name === QUEUE_PROXY);
  const text = proxy?.env?.find(({ name }) => name === "SERVING_READINESS_PROBE")?.value;
  if (!text) return [];
  const value = JSON.parse(text) as Probe | readonly Probe[];
  return Array.isArray(value) ? value : [value as Probe];
}

/** The port of a probe, when it is a number. */
export function probePort(probe: Probe | undefined): number | undefined {
  const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
  return typeof port === "number" && port > 0 ? port : undefined;
}

function addPort(ports: Set<number>, probe: Probe | undefined): void {
  const port = probePort(probe);
  if (port !== undefined) ports.add(port);
}

function podLabels(pod: Pod, container: Container): Record<string, string> {
  return {
    "knap.dev/pod": `${pod.metadata.namespace ?? "default"}/${pod.metadata.name}`,
    "knap.dev/pod-uid": pod.metadata.uid ?? "",
    "knap.dev/container": container.name ?? "",
  };
}

function hostLines({ pod, placement: { extraHosts = [] } }: ContainerPlace): readonly string[] {
  const aliases = (pod.spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) =>
    hostnames.map((name) => `${name}:${ip}`),
  );
  return [...extraHosts, ...aliases];
}

function configError(message: string): ContainerOutcome {
  return { error: { reason: "CreateContainerConfigError", message } };
}
