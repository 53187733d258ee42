// Hands each emitted value to all subscribers at once, in the order in which they subscribed.

export class Emitter<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Calls `listener` with each value emitted from now on, until the result is disposed. */
  readonly subscribe = (listener: (value: T) => void): Disposable => {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  };

  emit(value: T): void {
    for (const listener of this.#listeners) listener(value);
  }
}
