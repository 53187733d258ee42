// Freezes all containers of a pod instead of stopping them (`--wake freeze`).
import type { StoredPod } from "../../../apis/core/pod.ts";
import { debugOf } from "../../../apis/serving/debug.ts";
import type { ContainerRunner } from "../container/container-runner.ts";
import type { NodeParts } from "../node-parts.ts";
import { type FrozenPod, frozenPodKey } from "./frozen-pods.ts";
import type { PodState } from "./pod-events.ts";
import type { FrozenContainer, PodFacts } from "./pod-facts.ts";
import type { PodSandbox } from "./pod-sandbox.ts";

export interface FreezeRequest {
  readonly state: Pick<PodState, "facts">;
  readonly runners: readonly ContainerRunner[];
  readonly sandbox: PodSandbox;
}

/** Returns the frozen pod; undefined if the pod must be stopped instead: freezing is off, not possible, or fails. */
export async function freezePod(
  parts: NodeParts,
  { state, runners, sandbox }: FreezeRequest,
): Promise<FrozenPod | undefined> {
  const { frozenPods, runtime, stopPolicy } = parts;
  const { pod } = state.facts;
  const key = frozenPodKey(pod);
  if (!frozenPods || key === undefined || stopPolicy().last || !mayReturn(parts, pod)) return undefined;
  const running = runningContainers(state.facts);
  if (!running || !frozenPods.reserve(key, pod)) return undefined;
  const ids = [...running.values()].map(({ containerId }) => containerId);
  const paused = await Promise.allSettled(ids.map((id) => runtime.pause(id)));
  // A container may have exited meanwhile.
  const containers = runningContainers(state.facts);
  if (!containers || paused.some(({ status }) => status === "rejected")) {
    frozenPods.cancel(key, pod);
    await Promise.allSettled(ids.map((id) => runtime.unpause(id)));
    return undefined;
  }
  for (const runner of runners) if (containers.has(runner.name)) runner.release();
  return { key, pod, containers, sandbox: sandbox.release() };
}

/**
 * Returns the containers of the pod by name, without init containers; undefined if not all of them run, or if one runs
 * with old files.
 */
function runningContainers({ containers }: PodFacts): ReadonlyMap<string, FrozenContainer> | undefined {
  const found = new Map<string, FrozenContainer>();
  for (const { name, init, run, usable, restart } of containers) {
    if (init) continue;
    if (run.state !== "running" || !usable || restart) return undefined;
    found.set(name, { containerId: run.containerId, image: usable });
  }
  return found;
}

/** Returns true if the Deployment of this pod may create another pod like it. A debugged pod does not return. */
function mayReturn({ store }: NodeParts, { metadata }: StoredPod): boolean {
  if (debugOf(metadata)) return false;
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === "Deployment");
  const deployment = owner && store.get("Deployment.apps", metadata.namespace, owner.name);
  return deployment?.metadata.uid === owner?.uid && deployment?.metadata.deletionTimestamp === undefined;
}
