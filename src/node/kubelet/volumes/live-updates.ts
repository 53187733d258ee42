// Updates volumes when their ConfigMaps and Secrets change, and repeats failed updates.
import type { GuardedClock } from "../../../base/background.ts";
import { blockedRetryMs } from "../pod/pod-plan.ts";
import type { VolumeKeeper } from "./volume-keeper.ts";

export interface LiveUpdatesOptions {
  readonly volumes: Pick<VolumeKeeper, "refresh">;
  readonly clock: GuardedClock;
  /** Called when a volume of that namespace could not be updated. */
  readonly onFailed: (failed: { readonly namespace: string; readonly volume: string; readonly error: string }) => void;
}

export class LiveUpdates implements Disposable {
  readonly #options: LiveUpdatesOptions;
  /** The timers of the repetitions, by `namespace/name` of the changed object. */
  readonly #retries = new Map<string, Disposable>();
  #closed = false;

  constructor(options: LiveUpdatesOptions) {
    this.#options = options;
  }

  /** Updates the volumes that use the changed ConfigMap or Secret. Never rejects. */
  async changed(namespace: string, name: string): Promise<void> {
    const { volumes, clock, onFailed } = this.#options;
    const source = `${namespace}/${name}`;
    this.#retries.get(source)?.[Symbol.dispose]();
    this.#retries.delete(source);
    const failed = await volumes.refresh(namespace, name);
    if (failed.length === 0 || this.#closed) return;
    for (const failure of failed) onFailed({ namespace, ...failure });
    this.#retries.get(source)?.[Symbol.dispose]();
    this.#retries.set(
      source,
      clock.at(clock.now() + blockedRetryMs(1), () => this.changed(namespace, name)),
    );
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const retry of this.#retries.values()) retry[Symbol.dispose]();
    this.#retries.clear();
  }
}
