// Restarts instances whose environment came from a ConfigMap or Secret that a save changed, one after the other. Watch mode's own: a cluster leaves
// them alone. It creates no pod: the Deployment replaces what goes.

import type { Pod } from "../apis/core/types.ts";
import { keyOf } from "../apis/meta/key.ts";
import type { Clock } from "../base/clock.ts";
import { errorText } from "../base/errors.ts";
import { ApiError, type Client } from "../client/client.ts";
import { type ChangedConfig, usesInEnvironment } from "./config-use.ts";
import type { EmitDevEvent } from "./dev-event.ts";

const REVISION_LABEL = "serving.knative.dev/revision";
const LOOK_EVERY_MS = 200;
/** An instance that is not ready by then is broken by its new environment: the others keep theirs. */
const READY_WITHIN_MS = 60_000;

export interface RestartParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly emit: EmitDevEvent;
  readonly signal: AbortSignal;
}

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
const isReady = (pod: Pod): boolean =>
  !isLeaving(pod) && (pod.status?.conditions ?? []).some(({ type, status }) => type === "Ready" && status === "True");

/** Restarts follow each other, however quickly saves do. */
export class InstanceRestarts {
  readonly #parts: RestartParts;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: RestartParts) {
    this.#parts = parts;
  }

  /** Resolves when what was asked for so far is done, or the signal aborted. */
  get settled(): Promise<void> {
    return this.#last;
  }

  /** After the changed ones were applied. */
  async after(changes: readonly ChangedConfig[]): Promise<void> {
    if (changes.length === 0) return;
    const { client, emit } = this.#parts;
    const { items } = await client.list("Pod", {});
    const hit = items.filter((pod) => !isLeaving(pod) && changes.some((change) => usesInEnvironment(pod, change)));
    const config = changes.map(({ kind, name }) => `${kind} ${name}`).join(", ");
    for (const [revision, pods] of byRevision(hit)) {
      emit({ type: "restarting", revision, instances: pods.length, config });
      this.#last = this.#last
        .then(() => this.#restart(revision, pods))
        .catch((error: unknown) => {
          const message = errorText(error);
          if (!this.#parts.signal.aborted) emit({ type: "deploy-failed", message });
        });
    }
  }

  async #restart(revision: string, pods: readonly Pod[]): Promise<void> {
    const { client, signal } = this.#parts;
    for (const [index, pod] of pods.entries()) {
      if (signal.aborted) return;
      const wanted = await this.#ready(revision);
      await client.delete(keyOf(pod)).catch(ignoreGone);
      if (index === pods.length - 1 || (await this.#isReadyAgain(revision, wanted))) continue;
      const message = `${revision}: the instance with the new environment does not get ready; ${pods.length - 1 - index} keep the old one`;
      if (!signal.aborted) this.#parts.emit({ type: "deploy-failed", message });
      return;
    }
  }

  async #isReadyAgain(revision: string, wanted: number): Promise<boolean> {
    const { clock, signal } = this.#parts;
    const until = clock.now() + READY_WITHIN_MS;
    while (!signal.aborted && clock.now() < until) {
      if ((await this.#ready(revision)) >= wanted) return true;
      await new Promise<void>((done) => clock.at(clock.now() + LOOK_EVERY_MS, done));
    }
    return false;
  }

  async #ready(revision: string): Promise<number> {
    const [namespace = "", name = ""] = revision.split("/");
    const labels = { matchLabels: { [REVISION_LABEL]: name } };
    const { items } = await this.#parts.client.list("Pod", { namespace, labels });
    return items.filter(isReady).length;
  }
}

/** Somebody else may have ended it meanwhile. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}

/** By `namespace/name` of the revision; pods of nobody's are left alone. */
function byRevision(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const groups = new Map<string, Pod[]>();
  for (const pod of pods) {
    const { namespace = "default", labels } = pod.metadata;
    const name = labels?.[REVISION_LABEL];
    if (name !== undefined) groups.set(`${namespace}/${name}`, [...(groups.get(`${namespace}/${name}`) ?? []), pod]);
  }
  return groups;
}
