// Remembers how containers ended last, also those of pods that no longer exist.
import type { ContainerStatus, Pod } from "../apis/core/types.ts";
import { namespacedName } from "../apis/meta/key.ts";
import { REVISION_LABEL, SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { LastExit } from "../client/last-exit.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";

export class LastExits {
  /** By `namespace/name` of the Service. */
  readonly #exits = new Map<string, LastExit>();

  constructor(store: ObjectStore) {
    store.watch({ kind: "Pod" }, ({ object }) => this.#observe(object));
  }

  /** Returns undefined if no container of the Service has ended. */
  of(namespace: string, service: string): LastExit | undefined {
    return this.#exits.get(namespacedName({ namespace, name: service }));
  }

  #observe({ metadata, status }: Pod): void {
    const service = metadata.labels?.[SERVICE_LABEL];
    if (service === undefined) return;
    const key = namespacedName({ namespace: metadata.namespace ?? "", name: service });
    for (const container of status?.containerStatuses ?? []) {
      const exit = terminatedOf(container);
      const before = this.#exits.get(key);
      if (exit === undefined || (before !== undefined && before.finishedAt > exit.finishedAt)) continue;
      const revision = metadata.labels?.[REVISION_LABEL] ?? "";
      this.#exits.set(key, { pod: metadata.name, revision, container: container.name, ...exit });
    }
  }
}

function terminatedOf({ state, lastState }: ContainerStatus) {
  const exit = state?.terminated ?? lastState?.terminated;
  if (exit === undefined) return undefined;
  const { exitCode, reason = "", message = "", finishedAt = "" } = exit;
  return { exitCode, reason, message, finishedAt };
}
