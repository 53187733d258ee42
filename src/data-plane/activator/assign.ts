// Which pod takes the next request: the three load-balancing policies of the activator, as one pure function. It reserves nothing itself.

/** One pod as a policy sees it. */
interface PodLoad {
  /** Requests that this activator has on the pod now. */
  readonly inFlight: number;
}

export interface PodLoads {
  /** In the order of their addresses. */
  readonly pods: readonly PodLoad[];
  /** `containerConcurrency`: slots of each pod; 0 means that pods take any number. */
  readonly concurrency: number;
  /** Where the last round-robin pick ended: the index after it. Only looked at from a concurrency of 4 on. */
  readonly cursor: number;
}

/** At most this concurrency packs requests onto the first pods; above it they go round. */
const PACKED_CONCURRENCY = 3;

/**
 * The index of the pod that takes the next request, or -1 when none has a free slot. `random` returns numbers in [0, 1).
 * The policy depends on the concurrency alone (pkg/activator/net/{throttler,lb_policy}.go): 0 takes the less loaded of two random
 * pods, 1 to 3 the first pod with a free slot, more goes round from the last pick.
 */
export function assign(load: PodLoads, random: () => number): number {
  if (load.pods.length === 0) return -1;
  if (load.concurrency === 0) return lessLoadedOfTwo(load.pods, random);
  return firstFree(load, load.concurrency > PACKED_CONCURRENCY ? load.cursor : 0);
}

function lessLoadedOfTwo(pods: readonly PodLoad[], random: () => number): number {
  const count = pods.length;
  if (count === 1) return 0;
  const first = count === 2 ? 0 : Math.floor(random() * count);
  const other = count === 2 ? 1 : Math.floor(random() * (count - 1));
  const second = count > 2 && other >= first ? other + 1 : other;
  const difference = (pods[first]?.inFlight ?? 0) - (pods[second]?.inFlight ?? 0);
  if (difference === 0) return random() < 0.5 ? first : second;
  return difference < 0 ? first : second;
}

function firstFree({ pods, concurrency }: PodLoads, from: number): number {
  const count = pods.length;
  const start = from < count ? from : 0;
  for (let step = 0; step < count; step += 1) {
    const index = (start + step) % count;
    if ((pods[index]?.inFlight ?? 0) < concurrency) return index;
  }
  return -1;
}
