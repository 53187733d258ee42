// Frozen pods that wait for the next wake of their revision (`--wake freeze`): at most one per revision, for ten
// minutes, while memory is free.

import { freemem, totalmem } from "node:os";
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Clock } from "../../../base/clock.ts";
import type { Logger } from "../../../base/logger.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";
import type { FrozenContainer, FrozenSandbox } from "./pod-facts.ts";

export interface FrozenPod {
  /** Identifies the pods that can continue it: same Deployment, same template. */
  readonly key: string;
  /** The pod that was frozen. Its host name and its own volumes stay. */
  readonly pod: StoredPod;
  /** By name, without init containers. */
  readonly containers: ReadonlyMap<string, FrozenContainer>;
  readonly sandbox: FrozenSandbox;
}

export interface FrozenPodsOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  /** The containers of a frozen pod were removed: its address and volumes are free. */
  readonly onDropped: (frozen: FrozenPod) => void;
  /** The free part of the machine's memory, 0 to 1; default: what the operating system reports. */
  readonly freeMemory?: () => number;
}

const KEPT_MS = 600_000;
const LEAST_FREE_MEMORY = 0.1;
const HASH_LABEL = "pod-template-hash";

/** The key of pods that can continue each other; undefined: the pod has no Deployment or template hash. */
export function frozenPodKey(pod: StoredPod): string | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ kind }) => kind === "Deployment");
  const hash = pod.metadata.labels?.[HASH_LABEL];
  return owner && hash ? `${owner.uid}/${hash}` : undefined;
}

export class FrozenPods {
  readonly #options: FrozenPodsOptions;
  readonly #kept = new Map<string, { readonly frozen: FrozenPod; readonly timer: Disposable }>();

  constructor(options: FrozenPodsOptions) {
    this.#options = options;
  }

  get all(): readonly FrozenPod[] {
    return [...this.#kept.values()].map(({ frozen }) => frozen);
  }

  /** Whether a pod with this key can be kept. With too little free memory, drops all frozen pods. */
  hasRoom(key: string): boolean {
    const free = this.#options.freeMemory?.() ?? freemem() / totalmem();
    if (free >= LEAST_FREE_MEMORY) return !this.#kept.has(key);
    void this.dropAll();
    return false;
  }

  put(frozen: FrozenPod): void {
    const { clock } = this.#options;
    const timer = clock.at(clock.now() + KEPT_MS, () => void this.#drop(frozen.key));
    this.#kept.set(frozen.key, { frozen, timer });
  }

  /** Hands a frozen pod over to the caller, who is then responsible for its containers. */
  take(key: string | undefined): FrozenPod | undefined {
    const found = key === undefined ? undefined : this.#kept.get(key);
    if (!found) return undefined;
    found.timer[Symbol.dispose]();
    this.#kept.delete(found.frozen.key);
    return found.frozen;
  }

  /** Removes frozen pods that no new pod can continue: their Deployment, template or configuration has changed. */
  async dropWhere(unwanted: (frozen: FrozenPod) => boolean): Promise<void> {
    await Promise.all(this.all.filter(unwanted).map(({ key }) => this.#drop(key)));
  }

  dropAll(): Promise<void> {
    return this.dropWhere(() => true);
  }

  async #drop(key: string): Promise<void> {
    const frozen = this.take(key);
    if (!frozen) return;
    const { runtime, log, onDropped } = this.#options;
    try {
      // Removed, not stopped: a stop would have to unpause the container first.
      await Promise.all(idsOf(frozen).map((id) => runtime.remove(id)));
    } catch (error) {
      log.warn("frozen containers not removed", { error });
    }
    onDropped(frozen);
  }
}

/** The ids of all containers of a frozen pod; the pause container comes last. */
export function idsOf({ containers, sandbox }: FrozenPod): readonly string[] {
  const ids = [...containers.values()].map(({ containerId }) => containerId);
  return sandbox.pause ? [...ids, sandbox.pause.id] : ids;
}
