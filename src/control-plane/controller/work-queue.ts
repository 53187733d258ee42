// What is to be done, each thing once: lower ranks first, and within a rank in the order it was first asked for. It runs nothing.

/** Done items that may lie at a line's front before they are cut off. */
const MOST_DONE = 1000;

interface Line<T> {
  waiting: T[];
  /** So many at the front are done; shifting each would move all others. */
  done: number;
}

/** A queue with set semantics: adding what waits already changes nothing, so no key starves and none is lost. */
export class WorkQueue<T extends { readonly rank: number }> {
  readonly #waiting = new Set<T>();
  readonly #lines: Line<T>[] = [];

  get size(): number {
    return this.#waiting.size;
  }

  add(item: T): void {
    if (this.#waiting.has(item)) return;
    this.#waiting.add(item);
    while (this.#lines.length <= item.rank) this.#lines.push({ waiting: [], done: 0 });
    (this.#lines[item.rank] as Line<T>).waiting.push(item);
  }

  take(): T | undefined {
    for (const line of this.#lines) {
      const item = line.waiting[line.done];
      if (item === undefined) continue;
      line.done++;
      if (line.done === line.waiting.length || line.done > MOST_DONE) {
        line.waiting = line.waiting.slice(line.done);
        line.done = 0;
      }
      this.#waiting.delete(item);
      return item;
    }
    return undefined;
  }
}
