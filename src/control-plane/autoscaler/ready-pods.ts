// Indexes the ready pods of each revision from Pod events.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import { isPodServing } from "../../apis/core/pod.ts";
import type { Pod } from "../../apis/core/types.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { REVISION_LABEL } from "../../apis/serving/labels.ts";
import type { Time } from "../../base/clock.ts";
import { parseTime } from "../../base/time.ts";

export interface ReadyPod {
  readonly namespace: string;
  readonly name: string;
  readonly startedAt: Time;
}

/** Returns the revision in the pod's label. */
export function revisionOf({ metadata }: Stored<Pod>): RevisionKey | undefined {
  const name = metadata.labels?.[REVISION_LABEL];
  return name === undefined ? undefined : namespacedName({ namespace: metadata.namespace, name });
}

export class ReadyPods {
  readonly #byRevision = new Map<RevisionKey, Map<string, ReadyPod>>();

  /** Applies a Pod event. `gone`: the Pod was deleted. */
  observe(pod: Stored<Pod>, gone: boolean): void {
    const revision = revisionOf(pod);
    if (revision === undefined) return;
    const { name, namespace } = pod.metadata;
    const pods = this.#byRevision.get(revision);
    if (gone || !isPodServing(pod)) {
      pods?.delete(name);
      if (pods?.size === 0) this.#byRevision.delete(revision);
      return;
    }
    const startedAt = parseTime(pod.status?.startTime ?? "") ?? 0;
    const ready: ReadyPod = { namespace, name, startedAt };
    if (pods) pods.set(name, ready);
    else this.#byRevision.set(revision, new Map([[name, ready]]));
  }

  count(revision: RevisionKey): number {
    return this.#byRevision.get(revision)?.size ?? 0;
  }

  /** Returns the pods in the order in which they became ready. */
  list(revision: RevisionKey): readonly ReadyPod[] {
    return [...(this.#byRevision.get(revision)?.values() ?? [])];
  }
}
