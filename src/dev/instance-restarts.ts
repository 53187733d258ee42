// Restarts pods whose environment comes from a changed ConfigMap or Secret. Deletes one pod after the other, and the
// Deployment replaces them. A cluster does not do this.
import { isPodReady, isTerminating } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import { keyOf, namespacedName, parseNamespacedName } from "../apis/meta/key.ts";
import { debugOf } from "../apis/serving/debug.ts";
import { REVISION_LABEL } from "../apis/serving/labels.ts";
import type { Clock } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import { SerialQueue } from "../base/serial-queue.ts";
import { ApiError, type Client } from "../client/client.ts";
import { type ChangedConfig, usesInEnvironment } from "./config-use.ts";
import type { EmitDevEvent } from "./dev-event.ts";

const POLL_MS = 200;
/** If a new pod is not ready after this time, the other pods keep the old environment. */
const READY_WITHIN_MS = 60_000;

export interface RestartParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly emit: EmitDevEvent;
  readonly signal: AbortSignal;
}

const isReady = (pod: Pod): boolean => !isTerminating(pod) && isPodReady(pod);

/** Runs one restart at a time, in the order of the changes. */
export class InstanceRestarts {
  readonly #parts: RestartParts;
  readonly #queue = new SerialQueue();

  constructor(parts: RestartParts) {
    this.#parts = parts;
  }

  /** Resolves when all queued restarts are done or the signal is aborted. */
  get settled(): Promise<void> {
    return this.#queue.settled;
  }

  /** Queues restarts for the changes. Call it after the changed objects are applied. */
  async restartFor(changes: readonly ChangedConfig[]): Promise<void> {
    if (changes.length === 0) return;
    const { client, emit } = this.#parts;
    const { items } = await client.list("Pod", {});
    const affected = items.filter(
      // A debugged instance keeps its environment; its successor gets the new one.
      (pod) =>
        !isTerminating(pod) && !debugOf(pod.metadata) && changes.some((change) => usesInEnvironment(pod, change)),
    );
    const config = changes.map(({ kind, name }) => `${kind} ${name}`).join(", ");
    for (const [revision, pods] of byRevision(affected)) {
      emit({ type: "restarting", revision, instances: pods.length, config });
      const restarted = this.#queue.run(() => this.#restart(revision, pods));
      restarted.catch((error: unknown) => {
        const message = errorText(error);
        if (!this.#parts.signal.aborted) emit({ type: "deploy-failed", message });
      });
    }
  }

  async #restart(revision: string, pods: readonly Pod[]): Promise<void> {
    const { client, signal } = this.#parts;
    for (const [index, pod] of pods.entries()) {
      if (signal.aborted) return;
      const wanted = await this.#countReady(revision);
      await client.delete(keyOf(pod)).catch(ignoreGone);
      if (index === pods.length - 1 || (await this.#isReadyAgain(revision, wanted))) continue;
      const message = `${revision}: the instance with the new environment does not become ready; ${pods.length - 1 - index} keep the old one`;
      if (!signal.aborted) this.#parts.emit({ type: "deploy-failed", message });
      return;
    }
  }

  async #isReadyAgain(revision: string, wanted: number): Promise<boolean> {
    const { clock, signal } = this.#parts;
    const until = clock.now() + READY_WITHIN_MS;
    while (!signal.aborted && clock.now() < until) {
      if ((await this.#countReady(revision)) >= wanted) return true;
      await new Promise<void>((done) => clock.at(clock.now() + POLL_MS, done));
    }
    return false;
  }

  async #countReady(revision: string): Promise<number> {
    const { namespace, name } = parseNamespacedName(revision);
    const labels = { matchLabels: { [REVISION_LABEL]: name } };
    const { items } = await this.#parts.client.list("Pod", { namespace, labels });
    return items.filter(isReady).length;
  }
}

/** The pod may have ended meanwhile. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

/** Groups pods by `namespace/name` of their revision. Pods without a revision are left out. */
function byRevision(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const { namespace = "default", labels } = pod.metadata;
    const name = labels?.[REVISION_LABEL];
    if (name === undefined) continue;
    const key = namespacedName({ namespace, name });
    groups.set(key, [...(groups.get(key) ?? []), pod]);
  }
  return groups;
}
