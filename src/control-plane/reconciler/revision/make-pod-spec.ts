// Makes the pod spec of a Revision: the user's containers, queue-proxy as the last one, and Knative's volumes.
// Source: pkg/reconciler/revision/resources/deploy.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import type { Container, EnvVar, PodSpec, Probe, Volume } from "../../../apis/core/pod-spec.ts";
import type { Stored, StringMap } from "../../../apis/meta/object.ts";
import { QUEUE_ADMIN_PORT } from "../../../apis/networking/ports.ts";
import { debugOf } from "../../../apis/serving/debug.ts";
import { POD_INFO_ANNOTATION, REVISION_LABEL, SERVICE_LABEL } from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { withDebugger } from "./debug-pod.ts";
import { makeQueueContainer } from "./queue-container.ts";
import { configurationOf, isServing, named, userPort } from "./revision-parts.ts";

const podInfoVolume: Volume = {
  name: "pod-info",
  downwardAPI: { items: [{ path: "annotations", fieldRef: { fieldPath: "metadata.annotations" } }] },
};
const varLogVolume: Volume = { name: "knative-var-log", emptyDir: {} };
const TOKEN_VOLUME = "knative-token-volume";
const TOKEN_SECONDS = 3600;

/** Returns the spec of the Deployment's pod template without Kubernetes' defaults. */
export function makePodSpec(revision: Stored<Revision>, config: ServingConfig): PodSpec {
  const {
    containerConcurrency: _concurrency,
    timeoutSeconds,
    responseStartTimeoutSeconds: _responseStart,
    idleTimeoutSeconds: _idle,
    ...pod
  } = revision.spec;
  const severalProbed = config.features.gates["multi-container-probing"] === "Enabled";
  const users = makeUserContainers(revision, severalProbed);
  const { volumes: queueVolumes, container: queue } = withQueueVolumes(revision, config);
  const collectsLogs = config.observability.enableVarLogCollection;
  const volumes = [...(pod.volumes ?? []), ...queueVolumes, ...(collectsLogs ? [varLogVolume] : [])];
  const runtimeClassName = pod.runtimeClassName ?? runtimeClassFor(revision, config);
  const enableServiceLinks = pod.enableServiceLinks ?? config.defaults.enableServiceLinks;
  const affinity =
    pod.affinity ??
    (config.deployment.defaultAffinityType === "none" ? undefined : spreadOverNodes(revision.metadata.name));
  const spec: PodSpec = {
    ...pod,
    ...(volumes.length > 0 ? { volumes } : {}),
    containers: [...(collectsLogs ? users.map(withLogMount) : users), queue],
    ...(timeoutSeconds === undefined ? {} : { terminationGracePeriodSeconds: timeoutSeconds }),
    ...(affinity === undefined ? {} : { affinity }),
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    ...(enableServiceLinks === undefined ? {} : { enableServiceLinks }),
  };
  const debug = debugOf(revision.metadata);
  return debug ? withDebugger(spec, debug) : spec;
}

function withQueueVolumes(
  revision: Stored<Revision>,
  config: ServingConfig,
): { container: Container; volumes: Volume[] } {
  const container = makeQueueContainer(revision, config);
  const volumes: Volume[] = [];
  const mounts = [];
  if (mountsPodInfo(revision, config)) {
    volumes.push(podInfoVolume);
    mounts.push({ name: podInfoVolume.name, readOnly: true, mountPath: "/etc/podinfo" });
  }
  const audiences = config.deployment.queueSidecarTokenAudiences.toSorted();
  if (audiences.length > 0) {
    const sources = audiences.map((audience) => ({
      serviceAccountToken: { audience, expirationSeconds: TOKEN_SECONDS, path: audience },
    }));
    volumes.push({ name: TOKEN_VOLUME, projected: { sources } });
    mounts.push({ name: TOKEN_VOLUME, mountPath: "/var/run/secrets/tokens" });
  }
  return { container: mounts.length > 0 ? { ...container, volumeMounts: mounts } : container, volumes };
}

function mountsPodInfo(revision: Stored<Revision>, config: ServingConfig): boolean {
  const gate = config.features.gates["queueproxy.mount-podinfo"];
  const isRequested = revision.metadata.annotations?.[POD_INFO_ANNOTATION]?.toLowerCase() === "enabled";
  return gate === "Enabled" || (gate === "Allowed" && isRequested);
}

function withLogMount(container: Container): Container {
  const subPathExpr = `$(K_INTERNAL_POD_NAMESPACE)_$(K_INTERNAL_POD_NAME)_${container.name ?? ""}`;
  return {
    ...container,
    volumeMounts: [...(container.volumeMounts ?? []), { name: varLogVolume.name, mountPath: "/var/log", subPathExpr }],
    env: [
      ...(container.env ?? []),
      { name: "K_INTERNAL_POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "K_INTERNAL_POD_NAMESPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
    ],
  };
}

function spreadOverNodes(revision: string): unknown {
  const podAffinityTerm = {
    labelSelector: { matchLabels: { [REVISION_LABEL]: revision } },
    topologyKey: "kubernetes.io/hostname",
  };
  return {
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm }] },
  };
}

/** Returns the runtime class with the most specific selector that matches the labels. Equal ones are sorted by name. */
function runtimeClassFor(revision: Stored<Revision>, config: ServingConfig): string | undefined {
  const labels = revision.metadata.labels;
  const matching = Object.entries(config.deployment.runtimeClassNames)
    .filter(([, { selector }]) => Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value))
    .map(([name, { selector }]) => ({ name, size: sizeOf(selector) }));
  matching.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  return matching[0]?.name;
}

function sizeOf(selector: StringMap | undefined): number {
  return Object.keys(selector ?? {}).length;
}

/** `severalProbed`: the gate multi-container-probing is Enabled. */
function makeUserContainers(revision: Stored<Revision>, severalProbed: boolean): readonly Container[] {
  return revision.spec.containers.map((container, index) => {
    const made = isServing(container, revision)
      ? makeServingContainer(container, revision, severalProbed)
      : makeContainer(container, revision);
    const digest = revision.status?.containerStatuses?.[index]?.imageDigest;
    return digest ? { ...made, image: digest } : made;
  });
}

function makeServingContainer(container: Container, revision: Stored<Revision>, severalProbed: boolean): Container {
  const port = userPort(revision);
  const { livenessProbe, ...made } = makeContainer(
    {
      ...container,
      ports: [{ name: "user-port", containerPort: port }],
      env: [...(container.env ?? []), { name: "PORT", value: String(port) }],
    },
    revision,
  );
  return livenessProbe ? { ...made, livenessProbe: atUserPort(livenessProbe, port, severalProbed) } : made;
}

function makeContainer(container: Container, revision: Stored<Revision>): Container {
  const { readinessProbe, ...rest } = container;
  return {
    ...rest,
    ...(readinessProbe?.exec ? { readinessProbe } : {}),
    env: [...(container.env ?? []), ...knativeEnv(revision)],
    lifecycle: { preStop: { httpGet: { path: "/wait-for-drain", port: QUEUE_ADMIN_PORT } } },
    terminationMessagePolicy: container.terminationMessagePolicy || "FallbackToLogsOnError",
  };
}

function knativeEnv(revision: Stored<Revision>): readonly EnvVar[] {
  return [
    { name: "K_REVISION", value: revision.metadata.name },
    named("K_CONFIGURATION", configurationOf(revision)),
    named("K_SERVICE", revision.metadata.labels?.[SERVICE_LABEL]),
  ];
}

function atUserPort(probe: Probe, port: number, onlyIfUnset: boolean): Probe {
  const keep = (given: number | string | undefined) => onlyIfUnset && given !== undefined && given !== 0;
  if (probe.httpGet) return keep(probe.httpGet.port) ? probe : { ...probe, httpGet: { ...probe.httpGet, port } };
  if (probe.tcpSocket)
    return keep(probe.tcpSocket.port) ? probe : { ...probe, tcpSocket: { ...probe.tcpSocket, port } };
  return probe;
}
