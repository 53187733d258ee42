// Frozen pods that wait for their revision's next wake (`--wake freeze`): at most one per revision, for ten minutes, while memory is plenty. Never thaws one by itself.
import { freemem, totalmem } from "node:os";
import type { Pod } from "../../../apis/core/types.ts";
import type { Clock } from "../../../base/clock.ts";
import type { Logger } from "../../../base/logger.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { ContainerRuntime } from "../../runtime/runtime.ts";
import type { HeldSandbox } from "./pod-sandbox.ts";

export interface FrozenContainer {
  readonly containerId: string;
  readonly image: UsableImage;
}

export interface FrozenPod {
  /** The pods that it may become: same Deployment, same template. */
  readonly key: string;
  /** The pod it was; its host name and its own volumes stay. */
  readonly pod: Pod;
  /** By name, without init containers. */
  readonly containers: ReadonlyMap<string, FrozenContainer>;
  readonly sandbox: HeldSandbox;
}

export interface FrozenPodsOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  /** One that nobody took has no container any more: its address is free, its volumes can go. */
  readonly onDropped: (standby: FrozenPod) => void;
  /** Part of the machine's memory that is free, 0 to 1; default: as the system says. */
  readonly freeMemory?: () => number;
}

const KEPT_MS = 600_000;
const LEAST_FREE_MEMORY = 0.1;
const HASH_LABEL = "pod-template-hash";

/** Pods with the same key are interchangeable to a frozen container; undefined: this pod can be nobody's successor. */
export function frozenPodKey(pod: Pod): string | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ kind }) => kind === "Deployment");
  const hash = pod.metadata.labels?.[HASH_LABEL];
  return owner && hash ? `${owner.uid}/${hash}` : undefined;
}

export class FrozenPods {
  readonly #options: FrozenPodsOptions;
  readonly #kept = new Map<string, { readonly standby: FrozenPod; readonly timer: Disposable }>();

  constructor(options: FrozenPodsOptions) {
    this.#options = options;
  }

  /** Those that wait now. */
  get all(): readonly FrozenPod[] {
    return [...this.#kept.values()].map(({ standby }) => standby);
  }

  /** Whether one of this key would be kept. */
  hasRoom(key: string): boolean {
    const free = this.#options.freeMemory?.() ?? freemem() / totalmem();
    if (free >= LEAST_FREE_MEMORY) return !this.#kept.has(key);
    void this.dropAll();
    return false;
  }

  put(standby: FrozenPod): void {
    const { clock } = this.#options;
    const timer = clock.at(clock.now() + KEPT_MS, () => void this.#drop(standby.key));
    this.#kept.set(standby.key, { standby, timer });
  }

  /** Hands one out; it is the taker's from now on. */
  take(key: string | undefined): FrozenPod | undefined {
    const found = key === undefined ? undefined : this.#kept.get(key);
    if (!found) return undefined;
    found.timer[Symbol.dispose]();
    this.#kept.delete(found.standby.key);
    return found.standby;
  }

  /** Drops those that are not wanted any more: the Deployment is gone or has another template, or what they have read has changed. */
  async dropWhere(unwanted: (standby: FrozenPod) => boolean): Promise<void> {
    await Promise.all(this.all.filter(unwanted).map(({ key }) => this.#drop(key)));
  }

  dropAll(): Promise<void> {
    return this.dropWhere(() => true);
  }

  async #drop(key: string): Promise<void> {
    const standby = this.take(key);
    if (!standby) return;
    const { runtime, log, onDropped } = this.#options;
    try {
      // Removed, never stopped: a stop would have to thaw it first.
      await Promise.all(idsOf(standby).map((id) => runtime.remove(id)));
    } catch (error) {
      log.warn("frozen containers not removed", { error: String(error) });
    }
    onDropped(standby);
  }
}

/** Every container that a standby has on the engine, the one that holds its network last. */
export function idsOf({ containers, sandbox }: FrozenPod): readonly string[] {
  const ids = [...containers.values()].map(({ containerId }) => containerId);
  return sandbox.pause ? [...ids, sandbox.pause.id] : ids;
}
