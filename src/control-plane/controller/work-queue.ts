// A queue without duplicates: lower ranks first, and within a rank first in, first out.

/** Done items to keep at the front of a rank before they are removed. */
const MOST_DONE = 1000;

interface Rank<T> {
  waiting: T[];
  /** How many items at the front are done. Removing each at once would move all others. */
  done: number;
}

/** Adding an item that waits already changes nothing. */
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
