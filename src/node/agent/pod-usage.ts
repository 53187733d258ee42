// Samples the cpu and memory usage of containers, as a cluster's metrics server does. Samples only revisions of the
// HPA class.
import { HPA_CLASS } from "../../apis/autoscaling/annotations.ts";
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import type { AutoscalerConfig } from "../../apis/config/types.ts";
import { isPodServing, userContainers } from "../../apis/core/pod.ts";
import type { Pod } from "../../apis/core/types.ts";
import { namespacedName, parseNamespacedName } from "../../apis/meta/key.ts";
import { REVISION_LABEL } from "../../apis/serving/labels.ts";
import { runInBackground } from "../../base/background.ts";
import type { Clock, Time } from "../../base/clock.ts";
import { quantityNumber } from "../../base/go/quantity.ts";
import type { Logger } from "../../base/logger.ts";
import { classOf } from "../../control-plane/autoscaler/decider-spec.ts";
import type { PodUsage } from "../../control-plane/autoscaler/hpa-decision.ts";
import type { HpaResource } from "../../control-plane/autoscaler/hpa-spec.ts";
import type { View } from "../../control-plane/store/view.ts";
import type { ContainerRuntime, ContainerStats } from "../runtime/runtime.ts";

/** The period of Kubernetes' metrics server. */
const SAMPLE_EVERY_MS = 15_000;

export interface PodUsageOptions {
  /** Real time even with a virtual clock, because containers run in real time. */
  readonly clock: Clock;
  readonly runtime: Pick<ContainerRuntime, "stats">;
  readonly store: View;
  readonly config: () => AutoscalerConfig;
  readonly log: Logger;
}

interface Sample {
  readonly at: Time;
  readonly stats: ContainerStats;
  /** The average number of cores used since the previous sample; undefined for the first sample. */
  readonly cores: number | undefined;
}

export class PodUsageSampler implements Disposable {
  readonly #options: PodUsageOptions;
  /** By container id. Each round keeps only running containers. */
  #samples: ReadonlyMap<string, Sample> = new Map();
  #timer: Disposable | undefined;
  #closed = false;

  constructor(options: PodUsageOptions) {
    this.#options = options;
    this.#wait();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** Returns the pods that count for a decision: neither failed nor being deleted. */
  pods(revision: RevisionKey, resource: HpaResource): readonly PodUsage[] {
    return this.#podsOf(revision).map((pod) => ({
      ready: isPodServing(pod),
      usage: total(idsOf(pod).map((id) => (id === undefined ? undefined : this.#used(id, resource)))),
      request: total(requestsOf(pod, resource)),
    }));
  }

  /** Returns the Deployment's `spec.replicas`; undefined while the revision has no Deployment. */
  replicas(revision: RevisionKey): number | undefined {
    const { namespace, name } = parseNamespacedName(revision);
    const { store } = this.#options;
    const pa = store.get("PodAutoscaler.autoscaling.internal.knative.dev", namespace, name);
    return store.get("Deployment.apps", namespace, pa?.spec.scaleTargetRef.name ?? "")?.spec.replicas;
  }

  #wait(): void {
    const { clock, log } = this.#options;
    this.#timer = clock.at(clock.now() + SAMPLE_EVERY_MS, () =>
      runInBackground(log, "sampling the usage of containers", () => this.#round()),
    );
  }

  async #round(): Promise<void> {
    try {
      const ids = this.#revisions().flatMap((revision) => this.#podsOf(revision).flatMap(runningIdsOf));
      const samples = await Promise.all(ids.map(async (id) => [id, await this.#sample(id)] as const));
      this.#samples = new Map(samples.flatMap(([id, sample]) => (sample ? [[id, sample] as const] : [])));
    } finally {
      if (!this.#closed) this.#wait();
    }
  }

  /** Resolves with undefined if the statistics of the container cannot be read. Such a container counts as new. */
  async #sample(id: string): Promise<Sample | undefined> {
    const { runtime, clock } = this.#options;
    const stats = await runtime.stats(id).catch(() => undefined);
    if (!stats) return undefined;
    const at = clock.now();
    const before = this.#samples.get(id);
    const cores = before && at > before.at ? coresBetween(before, { at, stats }) : undefined;
    return { at, stats, cores };
  }

  #used(id: string, resource: HpaResource): number | undefined {
    const sample = this.#samples.get(id);
    return resource === "cpu" ? sample?.cores : sample?.stats.memoryBytes;
  }

  #revisions(): readonly RevisionKey[] {
    const { store, config } = this.#options;
    return store
      .list("PodAutoscaler.autoscaling.internal.knative.dev")
      .filter((pa) => classOf(pa, config()) === HPA_CLASS)
      .map(({ metadata }): RevisionKey => namespacedName(metadata));
  }

  #podsOf(revision: RevisionKey): readonly Pod[] {
    const { namespace, name } = parseNamespacedName(revision);
    const labels = { matchLabels: { [REVISION_LABEL]: name } };
    const pods = this.#options.store.list("Pod", { namespace, labels });
    return pods.filter(
      ({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.phase !== "Failed",
    );
  }
}

/** Returns the cores used between two samples; 0 if the counter decreased, because the container restarted. */
function coresBetween(before: Pick<Sample, "at" | "stats">, now: Pick<Sample, "at" | "stats">): number {
  const nanos = Math.max(0, now.stats.cpuNanos - before.stats.cpuNanos);
  return nanos / 1e6 / (now.at - before.at);
}

/**
 * Returns the ids of the user's containers; undefined for one that does not run. knap runs no queue-proxy container, so
 * its usage and requests do not count.
 */
function idsOf(pod: Pod): readonly (string | undefined)[] {
  const running = new Map(pod.status?.containerStatuses?.map(({ name, containerID }) => [name, containerID]));
  return userContainers(pod).map(({ name = "" }) => running.get(name)?.replace(/^\w+:\/\//, "") || undefined);
}

/** Returns the ids of the user's containers that run. */
export function runningIdsOf(pod: Pod): readonly string[] {
  return idsOf(pod).filter((id) => id !== undefined);
}

function requestsOf(pod: Pod, resource: HpaResource): readonly (number | undefined)[] {
  return userContainers(pod).map(({ resources }) => {
    const amount = resources?.requests?.[resource] ?? resources?.limits?.[resource];
    return amount === undefined ? undefined : quantityNumber(amount);
  });
}

/** Returns undefined if any part is undefined. */
function total(parts: readonly (number | undefined)[]): number | undefined {
  return parts.reduce<number | undefined>(
    (sum, part) => (sum === undefined || part === undefined ? undefined : sum + part),
    0,
  );
}
