// Freezes the containers of a pod in place of ending them (`--wake freeze`): all of them, or none. It thaws only what it could not freeze whole.
import type { Pod } from "../../../apis/core/types.ts";
import type { ContainerRun } from "../container/container-run.ts";
import type { NodeParts } from "../node-parts.ts";
import { type FrozenContainer, type FrozenPod, frozenPodKey } from "./frozen-pods.ts";
import type { PodSandbox } from "./pod-sandbox.ts";

export interface Freezing {
  readonly pod: Pod;
  /** Without init containers, whose work is done. */
  readonly runs: readonly ContainerRun[];
  readonly sandbox: PodSandbox;
}

/** The standby that the pod has become; undefined where none is wanted or kept, or a container cannot be frozen: then the pod is to be ended. */
export async function freezePod(parts: NodeParts, { pod, runs, sandbox }: Freezing): Promise<FrozenPod | undefined> {
  const { frozenPods, runtime, stopPolicy } = parts;
  const key = frozenPodKey(pod);
  if (!frozenPods || key === undefined || stopPolicy().last || !hasFuture(parts, pod)) return undefined;
  const ids = runs.flatMap(({ runningId }) => runningId ?? []);
  if (ids.length < runs.length || !frozenPods.hasRoom(key)) return undefined;
  const paused = await Promise.allSettled(ids.map((id) => runtime.pause(id)));
  const frozen = paused.every(({ status }) => status === "fulfilled") ? giveUpAll(runs) : undefined;
  if (!frozen) {
    await Promise.allSettled(ids.map((id) => runtime.unpause(id)));
    return undefined;
  }
  return { key, pod, containers: frozen, sandbox: sandbox.giveUp() };
}

/** undefined: one has ended meanwhile, and nobody gave anything up. */
function giveUpAll(runs: readonly ContainerRun[]): ReadonlyMap<string, FrozenContainer> | undefined {
  if (runs.some(({ runningId }) => runningId === undefined)) return undefined;
  return new Map(runs.flatMap((run) => [[run.name, run.giveUp()] as const]).filter(isGiven));
}

function isGiven(entry: readonly [string, FrozenContainer | undefined]): entry is readonly [string, FrozenContainer] {
  return entry[1] !== undefined;
}

/** Whether the Deployment that made this pod may make another one like it. */
function hasFuture({ store }: NodeParts, { metadata }: Pod): boolean {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === "Deployment");
  const deployment = owner && store.get("Deployment.apps", metadata.namespace ?? "", owner.name);
  return deployment?.metadata.uid === owner?.uid && deployment?.metadata.deletionTimestamp === undefined;
}
