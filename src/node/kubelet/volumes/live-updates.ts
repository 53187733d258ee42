// Updates volumes when their ConfigMaps and Secrets change, and repeats failed updates.
import type { Clock } from "../../../base/clock.ts";
import { blockedRetryMs } from "../pod/pod-plan.ts";
import type { VolumeKeeper } from "./volume-keeper.ts";

export interface LiveUpdatesOptions {
  readonly volumes: Pick<VolumeKeeper, "refresh">;
  readonly clock: Clock;
  /** A volume of that namespace could not be updated. */
  readonly onFailed: (failed: { readonly namespace: string; readonly volume: string; readonly error: string }) => void;
}

export class LiveUpdates implements Disposable {
  readonly #options: LiveUpdatesOptions;
  /** Timers of the next attempts, by namespace and name of the changed object. */
  readonly #retries = new Map<string, Disposable>();
  #closed = false;

  constructor(options: LiveUpdatesOptions) {
    this.#options = options;
  }

  /** A ConfigMap or Secret changed. Never rejects. */
  async changed(namespace: string, name: string): Promise<void> {
    const { volumes, clock, onFailed } = this.#options;
    const source = `${namespace}/${name}`;
    this.#retries.get(source)?.[Symbol.dispose]();
    this.#retries.delete(source);
    const failed = await volumes.refresh(namespace, name);
    if (failed.length === 0 || this.#closed) return;
    for (const one of failed) onFailed({ namespace, ...one });
    this.#retries.get(source)?.[Symbol.dispose]();
    this.#retries.set(
      source,
      clock.at(clock.now() + blockedRetryMs(1), () => void this.changed(namespace, name)),
    );
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const next of this.#retries.values()) next[Symbol.dispose]();
    this.#retries.clear();
  }
}
