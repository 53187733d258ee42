// Frozen containers that wait for their revision's next wake (`--wake freeze`): at most one per revision, for ten minutes, while memory is plenty. Never thaws one by itself.
import { freemem, totalmem } from "node:os";
import type { Pod } from "../../apis/core/types.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { UsableImage } from "../image/image-library.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import type { Place } from "./session-network.ts";

export interface Standby {
  /** The pods that it may become: same Deployment, same template. */
  readonly key: string;
  readonly containerId: string;
  readonly image: UsableImage;
  readonly place: Place | undefined;
  /** The pod it was; its host name stays. */
  readonly pod: string;
  readonly namespace: string;
}

export interface StandbysOptions {
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly log: Logger;
  /** The address is free again. */
  readonly give: (place: Place) => void;
  /** Part of the machine's memory that is free, 0 to 1; default: as the system says. */
  readonly freeMemory?: () => number;
}

const KEPT_MS = 600_000;
const LEAST_FREE_MEMORY = 0.1;
const HASH_LABEL = "pod-template-hash";

/** Pods with the same key are interchangeable to a frozen container; undefined: this pod can be nobody's successor. */
export function standbyKey(pod: Pod): string | undefined {
  const owner = pod.metadata.ownerReferences?.find(({ kind }) => kind === "Deployment");
  const hash = pod.metadata.labels?.[HASH_LABEL];
  return owner && hash ? `${owner.uid}/${hash}` : undefined;
}

export class Standbys {
  readonly #options: StandbysOptions;
  readonly #kept = new Map<string, { readonly standby: Standby; readonly timer: Disposable }>();

  constructor(options: StandbysOptions) {
    this.#options = options;
  }

  /** Those that wait now. */
  get all(): readonly Standby[] {
    return [...this.#kept.values()].map(({ standby }) => standby);
  }

  /** Whether one of this key would be kept. */
  hasRoom(key: string): boolean {
    const free = this.#options.freeMemory?.() ?? freemem() / totalmem();
    if (free >= LEAST_FREE_MEMORY) return !this.#kept.has(key);
    void this.dropAll();
    return false;
  }

  put(standby: Standby): void {
    const { clock } = this.#options;
    const timer = clock.at(clock.now() + KEPT_MS, () => void this.#drop(standby.key));
    this.#kept.set(standby.key, { standby, timer });
  }

  /** Hands one out; it is the taker's from now on. */
  take(key: string | undefined): Standby | undefined {
    const found = key === undefined ? undefined : this.#kept.get(key);
    if (!found) return undefined;
    found.timer[Symbol.dispose]();
    this.#kept.delete(found.standby.key);
    return found.standby;
  }

  /** Drops those whose key is not wanted any more: the Deployment is gone or has another template. */
  async dropWhere(unwanted: (key: string) => boolean): Promise<void> {
    await Promise.all([...this.#kept.keys()].filter(unwanted).map((key) => this.#drop(key)));
  }

  dropAll(): Promise<void> {
    return this.dropWhere(() => true);
  }

  async #drop(key: string): Promise<void> {
    const standby = this.take(key);
    if (!standby) return;
    try {
      // Removed, never stopped: a stop would have to thaw it first.
      await this.#options.runtime.remove(standby.containerId);
    } catch (error) {
      this.#options.log.warn("frozen container not removed", { error: String(error) });
    }
    if (standby.place) this.#options.give(standby.place);
  }
}
