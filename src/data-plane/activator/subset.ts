// Which pods of a revision belong to one of several activators, so that together they never exceed a pod's slots. Pure arithmetic.

/** One activator's place among those in front of a revision, in the order of their addresses. */
export interface ActivatorPlace {
  readonly count: number;
  /** -1: not known (yet). */
  readonly index: number;
}

/** knap runs one activator in its own process. */
export const ONLY_ACTIVATOR: ActivatorPlace = { count: 1, index: 0 };

/**
 * The pods (in the order of their addresses) that an activator uses when `containerConcurrency` is set; pkg/activator/net/throttler.go.
 * With more activators than pods they share pods; else each has its own, the remainder going to the first activators one by one.
 */
export function podsOf<P>(pods: readonly P[], { count, index }: ActivatorPlace): readonly P[] {
  if (index < 0 || pods.length <= 1 || count <= 1) return pods;
  if (count > pods.length) return pods.slice(index % pods.length, (index % pods.length) + 1);
  const share = Math.floor(pods.length / count);
  const rest = pods.length % count;
  const own = pods.slice(index * share, (index + 1) * share);
  return index < rest ? own.concat(pods.slice(pods.length - rest + index, pods.length - rest + index + 1)) : own;
}
