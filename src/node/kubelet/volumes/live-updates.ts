// Brings volumes up to date when their ConfigMaps and Secrets change, and tries again for as long as that fails. What is written is the keeper's to say.
import type { Clock } from "../../../base/clock.ts";
import { BLOCKED_RETRY_MS } from "../pod/pod-plan.ts";
import type { VolumeKeeper } from "./volume-keeper.ts";

export interface LiveUpdatesOptions {
  readonly volumes: Pick<VolumeKeeper, "refresh">;
  readonly clock: Clock;
  /** A volume of a pod template of that namespace could not be brought up to date. */
  readonly onFailed: (failed: { readonly namespace: string; readonly volume: string; readonly error: string }) => void;
}

export class LiveUpdates implements Disposable {
  readonly #options: LiveUpdatesOptions;
  /** Next tries, by the namespace and name of what changed. */
  readonly #waiting = new Map<string, Disposable>();
  #over = false;

  constructor(options: LiveUpdatesOptions) {
    this.#options = options;
  }

  /** A ConfigMap or Secret changed. Never rejects. */
  async changed(namespace: string, name: string): Promise<void> {
    const { volumes, clock, onFailed } = this.#options;
    const source = `${namespace}/${name}`;
    this.#waiting.get(source)?.[Symbol.dispose]();
    this.#waiting.delete(source);
    const failed = await volumes.refresh(namespace, name);
    if (failed.length === 0 || this.#over) return;
    for (const one of failed) onFailed({ namespace, ...one });
    this.#waiting.get(source)?.[Symbol.dispose]();
    this.#waiting.set(
      source,
      clock.at(clock.now() + BLOCKED_RETRY_MS, () => void this.changed(namespace, name)),
    );
  }

  [Symbol.dispose](): void {
    this.#over = true;
    for (const next of this.#waiting.values()) next[Symbol.dispose]();
    this.#waiting.clear();
  }
}
