// Chooses the pod of the next request by the activator's three load-balancing policies. Pure.

export interface PodLoads {
  /** Requests in flight of each pod; pods are sorted by address. */
  readonly pods: readonly { readonly inFlight: number }[];
  /** `containerConcurrency`: slots per pod. 0: unlimited. */
  readonly concurrency: number;
  /** The index after the last choice, for round robin. */
  readonly cursor: number;
}

/** Up to this concurrency, requests fill the first pods. Above it, the policy is round robin. */
const PACKED_CONCURRENCY = 3;

/**
 * Returns the index of the pod for the next request, or -1 without a free slot. Concurrency 0 takes the less loaded of
 * two random pods, 1 to 3 the first pod with a free slot, higher values round robin. @see
 * pkg/activator/net/{throttler,lb_policy}.go
 */
export function assign(load: PodLoads, random: () => number): number {
  if (load.pods.length === 0) return -1;
  if (load.concurrency === 0) return lessLoadedOfTwo(load.pods, random);
  return firstFree(load, load.concurrency > PACKED_CONCURRENCY ? load.cursor : 0);
}

function lessLoadedOfTwo(pods: PodLoads["pods"], random: () => number): number {
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
