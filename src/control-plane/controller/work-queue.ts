// Implements a queue without duplicates. Lower ranks come first; a rank is first in, first out.

/** A rank removes its taken items when it has more than this many. */
const MOST_DONE = 1000;

interface Rank<T> {
  waiting: T[];
  /** The number of taken items at the front. They are removed together, because each removal moves all other items. */
  done: number;
}

/** Adding a queued item again changes nothing. */
export class WorkQueue<T extends { readonly rank: number }> {
  readonly #waiting = new Set<T>();
  readonly #ranks: Rank<T>[] = [];

  get size(): number {
    return this.#waiting.size;
  }

  add(item: T): void {
    if (this.#waiting.has(item)) return;
    this.#waiting.add(item);
    while (this.#ranks.length <= item.rank) this.#ranks.push({ waiting: [], done: 0 });
    (this.#ranks[item.rank] as Rank<T>).waiting.push(item);
  }

  take(): T | undefined {
    for (const rank of this.#ranks) {
      const item = rank.waiting[rank.done];
      if (item === undefined) continue;
      rank.done++;
      if (rank.done === rank.waiting.length || rank.done > MOST_DONE) {
        rank.waiting = rank.waiting.slice(rank.done);
        rank.done = 0;
      }
      this.#waiting.delete(item);
      return item;
    }
    return undefined;
  }
}
