// Renders the runtime's spec of one container of a Pod. Pure. The Pod template already has PORT and the K_ variables.
import { QUEUE_PROXY, type StoredPod, servingPort, userContainers } from "../../../apis/core/pod.ts";
import type { Container, Probe } from "../../../apis/core/pod-spec.ts";
import { probePort } from "../../../apis/core/probe.ts";
import { namespacedName } from "../../../apis/meta/key.ts";
import { isFields, parseJson } from "../../../base/json.ts";
import type { ContainerSpec, MountSpec } from "../../runtime/runtime.ts";
import { type EnvironmentSources, expandVariables, renderEnvironment } from "./environment-spec.ts";
import { renderLimits, renderSecurity } from "./security-spec.ts";

/** The command that the process runtime runs in place of the image. */
export interface StartCommand {
  readonly command: readonly string[];
  readonly folder: string;
  /** The pod's own environment overrides these. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ContainerInputs {
  readonly pod: StoredPod;
  readonly container: Container;
  /** Part of the name. */
  readonly restarts: number;
  readonly image: { readonly reference: string; readonly user: string };
  readonly sources: EnvironmentSources;
  /** The prefix of all names of this session. */
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly networking: Pick<ContainerSpec, "network" | "networkOf" | "ports" | "dns" | "extraHosts">;
  readonly mounts: readonly MountSpec[];
  readonly start?: StartCommand | undefined;
}

export type RenderedContainer =
  | { readonly spec: ContainerSpec; readonly reduced: readonly string[] }
  /**
   * `ContainerCreating`: a volume cannot be set up; a cluster shows this as waiting.
   * `NeedsContainer`: the container cannot run as a process.
   */
  | {
      readonly error: {
        readonly reason: "CreateContainerConfigError" | "ContainerCreating" | "NeedsContainer";
        readonly message: string;
      };
    };

const HOSTNAME_LENGTH = 63;

/** Returns the pod with each `subPathExpr` of its containers expanded to a `subPath`. */
export function withSubPaths(pod: StoredPod, sources: EnvironmentSources): StoredPod {
  const expand = (container: Container): Container => expandSubPaths(pod, container, sources);
  const { containers, initContainers, ...spec } = pod.spec;
  const expanded = {
    containers: containers.map(expand),
    ...(initContainers && { initContainers: initContainers.map(expand) }),
  };
  return { ...pod, spec: { ...spec, ...expanded } };
}

function expandSubPaths(pod: StoredPod, container: Container, sources: EnvironmentSources): Container {
  if (!container.volumeMounts?.some(({ subPathExpr }) => subPathExpr)) return container;
  const environment = renderEnvironment(pod, container, sources);
  const env = "env" in environment ? environment.env : new Map<string, string>();
  const volumeMounts = container.volumeMounts.map(({ subPathExpr, ...mount }) =>
    subPathExpr ? { ...mount, subPath: expandVariables(subPathExpr, env) } : mount,
  );
  return { ...container, volumeMounts };
}

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
      name: `${inputs.prefix}_${pod.metadata.name}_${container.name ?? ""}_${inputs.restarts}`,
      image: inputs.image.reference,
      command,
      args,
      workingDir: container.workingDir || undefined,
      env: Object.entries(merged),
      labels: { ...inputs.labels, ...podLabels(pod, container) },
      hostname: hostnameOf(pod),
      ...inputs.networking,
      mounts: inputs.mounts,
      ...(container.stdin && { stdin: container.stdinOnce ? "once" : "open" }),
      ...(container.tty && { terminal: true }),
      ...security.security,
      ...limits,
      ...(pod.spec.hostAliases && !inputs.networking.networkOf && { extraHosts: hostLines(inputs) }),
      projectFolder: inputs.start?.folder,
    },
    reduced,
  };
}

/** Returns the host name of a pod: at most 63 characters, without a dot or dash at the end. */
export function hostnameOf(pod: StoredPod): string {
  return (pod.spec.hostname ?? pod.metadata.name).slice(0, HOSTNAME_LENGTH).replace(/[-.]+$/, "");
}

/** Returns the ports of a pod that knap must be able to reach, for traffic and for probes. */
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

/** Returns the readiness probes that the queue-proxy runs, from its environment. Ignores malformed JSON. */
export function readinessProbes(pod: Pick<StoredPod, "spec">): readonly Probe[] {
  const proxy = pod.spec.containers.find(({ name }) => name === QUEUE_PROXY);
  const text = proxy?.env?.find(({ name }) => name === "SERVING_READINESS_PROBE")?.value;
  return [parseJson(text ?? "")].flat().filter(isFields);
}

/** Adds the port of a probe if the port is a number. */
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

function hostLines({ pod, networking: { extraHosts = [] } }: ContainerInputs): readonly string[] {
  const aliases = (pod.spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }) =>
    hostnames.map((name) => `${name}:${ip}`),
  );
  return [...extraHosts, ...aliases];
}

function configError(message: string): RenderedContainer {
  return { error: { reason: "CreateContainerConfigError", message } };
}
