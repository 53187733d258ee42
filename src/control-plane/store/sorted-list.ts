// A sorted list of distinct strings: the order in which the store lists. It knows nothing of objects.

/** Where `text` stands, or would stand, in the sorted list. */
function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a text in its place, unless it is there. */
export function insertSorted(sorted: string[], text: string): void {
  const at = lowerBound(sorted, text);
  if (sorted[at] !== text) sorted.splice(at, 0, text);
}

export function removeSorted(sorted: string[], text: string): void {
  const index = lowerBound(sorted, text);
  if (sorted[index] === text) sorted.splice(index, 1);
}

/** All entries that start with `prefix`, in order. */
export function withPrefix(sorted: readonly string[], prefix: string): readonly string[] {
  const from = lowerBound(sorted, prefix);
  let to = from;
  while (to < sorted.length && (sorted[to] as string).startsWith(prefix)) to++;
  return sorted.slice(from, to);
}
