// The pod that a Revision runs as: user containers, queue-proxy last, and what Knative adds around them.
// Source: pkg/reconciler/revision/resources/deploy.go.
import type { ServingConfig } from "../../../apis/config/types.ts";
import type { Container, PodSpec, Volume } from "../../../apis/core/pod-spec.ts";
import type { Stored, StringMap } from "../../../apis/meta/object.ts";
import { POD_INFO_ANNOTATION, REVISION_LABEL } from "../../../apis/serving/labels.ts";
import type { Revision } from "../../../apis/serving/types.ts";
import { makeQueueContainer } from "./queue-container.ts";
import { makeUserContainers } from "./user-container.ts";

const podInfoVolume: Volume = {
  name: "pod-info",
  downwardAPI: { items: [{ path: "annotations", fieldRef: { fieldPath: "metadata.annotations" } }] },
};
const varLogVolume: Volume = { name: "knative-var-log", emptyDir: {} };
const TOKEN_VOLUME = "knative-token-volume";
const TOKEN_SECONDS = 3600;

/** The spec of the Deployment's pod template; the restart and DNS policies are left to Kubernetes' defaults. */
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
  return {
    ...pod,
    ...(volumes.length > 0 ? { volumes } : {}),
    containers: [...(collectsLogs ? users.map(withLogMount) : users), queue],
    ...(timeoutSeconds === undefined ? {} : { terminationGracePeriodSeconds: timeoutSeconds }),
    ...(affinity === undefined ? {} : { affinity }),
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    ...(enableServiceLinks === undefined ? {} : { enableServiceLinks }),
  };
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
  const asked = revision.metadata.annotations?.[POD_INFO_ANNOTATION]?.toLowerCase() === "enabled";
  return gate === "Enabled" || (gate === "Allowed" && asked);
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

/** The class whose selector matches the Revision's labels most specifically; equals are settled by name. */
function runtimeClassFor(revision: Stored<Revision>, config: ServingConfig): string | undefined {
  const labels = revision.metadata.labels;
  const fitting = Object.entries(config.deployment.runtimeClassNames)
    .filter(([, { selector }]) => Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value))
    .map(([name, { selector }]) => ({ name, size: sizeOf(selector) }));
  fitting.sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  return fitting[0]?.name;
}

function sizeOf(selector: StringMap | undefined): number {
  return Object.keys(selector ?? {}).length;
}
