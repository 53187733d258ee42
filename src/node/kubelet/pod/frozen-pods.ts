// Keeps frozen pods for the next wake of their revision (`--wake freeze`): at most one per revision, for ten minutes,
// while the machine has free memory.
import { freemem, totalmem } from "node:os";
import type { StoredPod } from "../../../apis/core/pod.ts";
import { type GuardedClock, runInBackground } from "../../../base/background.ts";
import type { Logger } from "../../../base/logger.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";
import type { FrozenContainer, FrozenSandbox } from "./pod-facts.ts";

export interface FrozenPod {
  /** Identifies Deployment and template. A new pod can continue a frozen pod with the same key. */
  readonly key: string;
  /** The pod that was frozen. Its successor keeps its host name and its own volumes. */
  readonly pod: StoredPod;
  /** By container name, without init containers. */
  readonly containers: ReadonlyMap<string, FrozenContainer>;
  readonly sandbox: FrozenSandbox;
}

export interface FrozenPodsOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: GuardedClock;
  readonly log: Logger;
  /** Called when the containers of a frozen pod have been removed, so that its address and volumes are free. */
  readonly onDropped: (frozen: FrozenPod) => void;
  /** Returns the free part of the machine's memory, 0 to 1. Default: what the operating system reports. */
  readonly freeMemory?: () => number;
}

const KEPT_MS = 600_000;
const LEAST_FREE_MEMORY = 0.1;
const HASH_LABEL = "pod-template-hash";

/** Returns the key of {@link FrozenPod}; undefined if the pod has no Deployment or template hash. */
export function frozenPodKey(pod: StoredPod): string | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ kind }) => kind === "Deployment");
  const hash = pod.metadata.labels?.[HASH_LABEL];
  return owner && hash ? `${owner.uid}/${hash}` : undefined;
}

export class FrozenPods {
  readonly #options: FrozenPodsOptions;
  readonly #kept = new Map<string, { readonly frozen: FrozenPod; readonly timer: Disposable }>();
  /** Pods that are being frozen, by key. */
  readonly #reserved = new Map<string, StoredPod>();

  constructor(options: FrozenPodsOptions) {
    this.#options = options;
  }

  get all(): readonly FrozenPod[] {
    return [...this.#kept.values()].map(({ frozen }) => frozen);
  }

  /**
   * Reserves the place of a pod that is going to be frozen. Returns false if the key has a pod already. With too little
   * free memory, returns false and drops all frozen pods.
   */
  reserve(key: string, pod: StoredPod): boolean {
    const free = this.#options.freeMemory?.() ?? freemem() / totalmem();
    if (free < LEAST_FREE_MEMORY) {
      runInBackground(this.#options.log, "removing frozen pods", () => this.dropAll());
      return false;
    }
    if (this.#kept.has(key) || this.#reserved.has(key)) return false;
    this.#reserved.set(key, pod);
    return true;
  }

  /** Ends a reservation without a frozen pod. */
  cancel(key: string, pod: StoredPod): void {
    if (this.#reserved.get(key) === pod) this.#reserved.delete(key);
  }

  /** Keeps a frozen pod in the place that was reserved for it. If it became obsolete meanwhile, drops it. */
  async put(frozen: FrozenPod): Promise<void> {
    const { key, pod } = frozen;
    if (this.#reserved.get(key) !== pod) return this.#remove(frozen);
    this.#reserved.delete(key);
    const { clock } = this.#options;
    const timer = clock.at(clock.now() + KEPT_MS, () => this.#drop(key));
    this.#kept.set(key, { frozen, timer });
  }

  /** Returns a frozen pod and forgets it. The caller is then responsible for its containers. */
  take(key: string | undefined): FrozenPod | undefined {
    const found = key === undefined ? undefined : this.#kept.get(key);
    if (!found) return undefined;
    found.timer[Symbol.dispose]();
    this.#kept.delete(found.frozen.key);
    return found.frozen;
  }

  async dropWhere(isObsolete: (frozen: Pick<FrozenPod, "key" | "pod">) => boolean): Promise<void> {
    for (const [key, pod] of this.#reserved) if (isObsolete({ key, pod })) this.#reserved.delete(key);
    await Promise.all(this.all.filter(isObsolete).map(({ key }) => this.#drop(key)));
  }

  dropAll(): Promise<void> {
    return this.dropWhere(() => true);
  }

  async #drop(key: string): Promise<void> {
    const frozen = this.take(key);
    if (frozen) await this.#remove(frozen);
  }

  async #remove(frozen: FrozenPod): Promise<void> {
    const { runtime, log, onDropped } = this.#options;
    try {
      // No stop signal, because a paused container would have to resume first.
      await Promise.all(idsOf(frozen).map((id) => runtime.remove(id)));
    } catch (error) {
      log.warn("frozen containers not removed", { error });
    }
    onDropped(frozen);
  }
}

/** Returns the ids of all containers of a frozen pod. The pause container comes last. */
export function idsOf({ containers, sandbox }: FrozenPod): readonly string[] {
  const ids = [...containers.values()].map(({ containerId }) => containerId);
  return sandbox.pause ? [...ids, sandbox.pause.id] : ids;
}
