// Reads facts from a Pod: its readiness, the container and port that get its requests, and its pull secrets. Pure.
import type { AnyObject, Stored } from "../meta/object.ts";
import type { Container, PodSpec } from "./pod-spec.ts";
import type { CoreCondition, Pod, ServiceAccount } from "./types.ts";

export type StoredPod = Stored<Pod>;

/** The name of Knative's sidecar container, which user containers cannot have. */
export const QUEUE_PROXY = "queue-proxy";

const DEFAULT_PORT = 8080;

export function isTerminating({ metadata }: Pick<AnyObject, "metadata">): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/**
 * Kubernetes' IsPodReady: the Ready condition is True, even while the Pod is being deleted.
 * @see kubernetes pkg/api/v1/pod/util.go
 */
export function isPodReady(pod: Pod): boolean {
  return podReadyCondition(pod)?.status === "True";
}

export function podReadyCondition({ status }: Pod): CoreCondition | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready");
}

/**
 * Kubernetes' IsPodActive: the Pod is not being deleted and has not finished. It may not have started yet.
 * @see kubernetes pkg/controller/controller_utils.go
 */
export function isPodActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return !isTerminating(pod) && phase !== "Succeeded" && phase !== "Failed";
}

/**
 * True for the Pods that Knative counts as ready: phase Running, no deletionTimestamp, Ready condition True.
 * @see knative pkg/resources/pods.go
 */
export function isPodServing(pod: Pod): boolean {
  return pod.status?.phase === "Running" && !isTerminating(pod) && isPodReady(pod);
}

/** Returns a Pod's containers without queue-proxy. */
export function userContainers({ spec }: Pod): readonly Container[] {
  return spec.containers.filter(isUserContainer);
}

function isUserContainer({ name }: Container): boolean {
  return name !== QUEUE_PROXY;
}

/**
 * Returns the user container that gets the requests: the first with a port, else the first.
 * @see knative pkg/apis/serving/v1/revision_helpers.go
 */
export function servingContainer(containers: readonly Container[]): Container | undefined {
  const own = containers.filter(isUserContainer);
  return own.find(hasPorts) ?? own[0];
}

export function hasPorts({ ports }: Container): boolean {
  return (ports?.length ?? 0) > 0;
}

/** Returns the container port that gets a Pod's requests. */
export function servingPort({ spec }: Pod): number {
  return servingContainer(spec.containers)?.ports?.[0]?.containerPort ?? DEFAULT_PORT;
}

/** Name of the ServiceAccount of Pods without `spec.serviceAccountName`. */
export const DEFAULT_ACCOUNT = "default";

/**
 * Returns the Pod's own pull secrets, else those of its account.
 * @see kubernetes plugin/pkg/admission/serviceaccount
 */
export function pullSecretsOf(
  { imagePullSecrets = [] }: Pick<PodSpec, "imagePullSecrets">,
  account: ServiceAccount | undefined,
): NonNullable<PodSpec["imagePullSecrets"]> {
  return imagePullSecrets.length > 0 ? imagePullSecrets : (account?.imagePullSecrets ?? []);
}
