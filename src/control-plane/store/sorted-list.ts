// Things with distinct paths in the order of these: the order in which the store lists. It knows nothing of objects.

interface Placed {
  readonly path: string;
}

/** Where `path` stands, or would stand, in the sorted list. */
function lowerBound(sorted: readonly Placed[], path: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as Placed).path < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts an item in its place, unless it is there. */
export function insertSorted<T extends Placed>(sorted: T[], item: T): void {
  const at = lowerBound(sorted, item.path);
  if (sorted[at] !== item) sorted.splice(at, 0, item);
}

export function removeSorted<T extends Placed>(sorted: T[], item: T): void {
  const at = lowerBound(sorted, item.path);
  if (sorted[at] === item) sorted.splice(at, 1);
}

/** All items whose paths start with `prefix`, in order. */
export function withPrefix<T extends Placed>(sorted: readonly T[], prefix: string): readonly T[] {
  const from = lowerBound(sorted, prefix);
  let to = from;
  while (to < sorted.length && (sorted[to] as T).path.startsWith(prefix)) to++;
  return sorted.slice(from, to);
}
