// Which pods of which revision are ready, kept from the store's events so that nobody lists all pods every second. It watches nothing itself.
// "Ready" follows pkg/resources/pods.go.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import type { Pod } from "../../apis/core/types.ts";
import type { Time } from "../../base/clock.ts";
import { parseTime } from "../../base/time.ts";

const REVISION_LABEL = "serving.knative.dev/revision";

export interface ReadyPod {
  readonly namespace: string;
  readonly name: string;
  readonly startedAt: Time;
}

/** Running, Ready and not being deleted. */
export function isReady(pod: Pod): boolean {
  return (
    pod.status?.phase === "Running" &&
    pod.metadata.deletionTimestamp === undefined &&
    pod.status.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True") === true
  );
}

/** The revision a pod belongs to, by its label. */
export function revisionOf(pod: Pod): RevisionKey | undefined {
  const name = pod.metadata.labels?.[REVISION_LABEL];
  return name === undefined ? undefined : `${pod.metadata.namespace ?? ""}/${name}`;
}

/** An index over Pod events; order of events does not matter beyond the last one of each pod. */
export class ReadyPods {
  readonly #byRevision = new Map<RevisionKey, Map<string, ReadyPod>>();

  /** A Pod was added, changed or (`gone`) deleted. */
  observe(pod: Pod, gone: boolean): void {
    const revision = revisionOf(pod);
    if (revision === undefined) return;
    const { name, namespace = "" } = pod.metadata;
    const pods = this.#byRevision.get(revision);
    if (gone || !isReady(pod)) {
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

  /** In the order in which they became ready. */
  list(revision: RevisionKey): readonly ReadyPod[] {
    return [...(this.#byRevision.get(revision)?.values() ?? [])];
  }
}
