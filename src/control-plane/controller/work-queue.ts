// What is to be done, each thing once, in the order it was first asked for. It runs nothing.

/** A queue with set semantics: adding what waits already changes nothing, so no key starves and none is lost. */
export class WorkQueue<T extends { readonly text: string }> {
  readonly #waiting = new Map<string, T>();

  get size(): number {
    return this.#waiting.size;
  }

  add(item: T): void {
    if (!this.#waiting.has(item.text)) this.#waiting.set(item.text, item);
  }

  take(): T | undefined {
    const first = this.#waiting.values().next();
    if (first.done) return undefined;
    this.#waiting.delete(first.value.text);
    return first.value;
  }

  delete(item: T): void {
    this.#waiting.delete(item.text);
  }
}
