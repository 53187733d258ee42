// A container of a Pod with its ConfigMaps and Secrets → the spec for the runtime. Pure; PORT and K_… are in the
// template already.

import { QUEUE_PROXY, type StoredPod, servingPort, userContainers } from "../../../apis/core/pod.ts";
import type { Container, Probe } from "../../../apis/core/pod-spec.ts";
import { probePort } from "../../../apis/core/probe.ts";
import { namespacedName } from "../../../apis/meta/key.ts";
import type { ContainerSpec, MountSpec } from "../../runtime/runtime.ts";
import { type EnvironmentSources, expandVariables, renderEnvironment } from "./environment-spec.ts";
import { renderLimits, renderSecurity } from "./security-spec.ts";

/** The command that replaces the image of a container (process runtime). */
export interface StartCommand {
  readonly command: readonly string[];
  readonly folder: string;
  /** The pod's own environment overrides these. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ContainerInputs {
  readonly pod: StoredPod;
  readonly container: Container;
  /** The number of restarts, which becomes part of the name. */
  readonly attempt: number;
  readonly image: { readonly reference: string; readonly user: string };
  readonly sources: EnvironmentSources;
  /** The prefix of all names of this session. */
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its network settings. */
  readonly placement: Pick<ContainerSpec, "network" | "networkOf" | "ports" | "dns" | "extraHosts">;
  readonly mounts: readonly MountSpec[];
  readonly start?: StartCommand | undefined;
}

export type RenderedContainer =
  | { readonly spec: ContainerSpec; readonly reduced: readonly string[] }
  /**
   * `ContainerCreating`: a volume could not be set up, which a cluster shows as waiting.
   * `NeedsContainer`: the container cannot run as a process.
   */
  | {
      readonly error: {
        readonly reason: "CreateContainerConfigError" | "ContainerCreating" | "NeedsContainer";
        readonly message: string;
      };
    };

const HOSTNAME_LENGTH = 63;

/** The container with the `subPathExpr` of each mount expanded to `subPath`. */
export function withSubPaths(pod: StoredPod, container: Container, sources: EnvironmentSources): Container {
  if (!container.volumeMounts?.some(({ subPathExpr }) => subPathExpr)) return container;
  const environment = renderEnvironment(pod, container, sources);
  const env = "env" in environment ? environment.env : new Map<string, string>();
  const volumeMounts = container.volumeMounts.map(({ subPathExpr, ...mount }) =>
    subPathExpr ? { ...mount, subPath: expandVariables(subPathExpr, env) } : mount,
  );
  return { ...container, volumeMounts };
}

/** Renders one container; the error says why it cannot be configured. */
export function renderContainer(inputs: ContainerInputs): RenderedContainer {
  const { pod, container } = inputs;
  const environment = renderEnvironment(pod, container, inputs.sources);
  if ("error" in environment) return configError(environment.error);
  const security = renderSecurity(pod, container, inputs.image.user);
  if ("error" in security) return configError(security.error);
  const { env } = environment;
  const expand = (texts: readonly string[] | undefined): readonly string[] | undefined =>
    texts?.length ? texts.map((text) => expandVariables(text, env)) : undefined;
  const command = inputs.start?.command ?? expand(container.command);
  const args = inputs.start ? undefined : expand(container.args);
  const { limits, reduced } = renderLimits(container.resources, inputs.sources);
  const merged = { ...inputs.start?.env, ...Object.fromEntries(env) };
  return {
    spec: {
      name: `${inputs.prefix}_${pod.metadata.name}_${container.name ?? ""}_${inputs.attempt}`,
      image: inputs.image.reference,
      command,
      args,
      workingDir: container.workingDir || undefined,
      env: Object.entries(merged),
      labels: { ...inputs.labels, ...podLabels(pod, container) },
      hostname: hostnameOf(pod),
      ...inputs.placement,
      mounts: inputs.mounts,
      ...security.security,
      ...limits,
      ...(pod.spec.hostAliases && !inputs.placement.networkOf && { extraHosts: hostLines(inputs) }),
      projectFolder: inputs.start?.folder,
    },
    reduced,
  };
}

/** The pod's name as a host name: at most 63 characters, no dot or dash at the end. */
export function hostnameOf(pod: StoredPod): string {
  return (pod.spec.hostname ?? pod.metadata.name).slice(0, HOSTNAME_LENGTH).replace(/[-.]+$/, "");
}

/** The ports that must be reachable from outside the pod: those for traffic and for probes. */
export function dialledPorts(pod: StoredPod): readonly number[] {
  const ports = new Set<number>([servingPort(pod)]);
  for (const probe of readinessProbes(pod)) addPort(ports, probe);
  for (const container of userContainers(pod)) {
    for (const { containerPort } of container.ports ?? []) ports.add(containerPort);
    for (const probe of [container.livenessProbe, container.startupProbe, container.readinessProbe])
      addPort(ports, probe);
  }
  return [...ports];
}

/** The readiness probes that queue-proxy runs, from its environment in the template. */
export function readinessProbes(pod: Pick<StoredPod, "spec">): readonly Probe[] {
  const proxy = pod.spec.containers.find(({ name }) => name === QUEUE_PROXY);
  const text = proxy?.env?.find(({ name }) => name === "SERVING_READINESS_PROBE")?.value;
  if (!text) return [];
  const value = JSON.parse(text) as Probe | readonly Probe[];
  return Array.isArray(value) ? value : [value as Probe];
}

/** Whether a probe asks anything at all. */
/** Adds the port of a probe, when it is a number. */
function addPort(ports: Set<number>, probe: Probe | undefined): void {
  const port = probe && probePort(probe);
  if (typeof port === "number" && port > 0) ports.add(port);
}

function podLabels(pod: StoredPod, container: Container): Record<string, string> {
  return {
    "knap.dev/pod": namespacedName(pod.metadata),
    "knap.dev/pod-uid": pod.metadata.uid,
    "knap.dev/container": container.name ?? "",
  };
}

function hostLines({ pod, placement: { extraHosts = [] } }: ContainerInputs): readonly string[] {
  const aliases = (pod.spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) =>
    hostnames.map((name) => `${name}:${ip}`),
  );
  return [...extraHosts, ...aliases];
}

function configError(message: string): RenderedContainer {
  return { error: { reason: "CreateContainerConfigError", message } };
}
