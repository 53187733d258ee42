// Turns callbacks into an AsyncIterable. The queue is unbounded.

/** Has a single consumer. When the consumer leaves its loop (`break`, `return`), the queue calls `onClose` once. */
export interface EventQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** Ends the consumer's loop after the items that were already pushed. */
  end(): void;
}

export function makeEventQueue<T>(onClose: () => void = () => {}): EventQueue<T> {
  const items: T[] = [];
  let ended = false;
  let closed = false;
  let resume: (() => void) | undefined;
  const close = (): void => {
    ended = true;
    if (closed) return;
    closed = true;
    onClose();
  };
  const notify = (): void => {
    resume?.();
    resume = undefined;
  };
  async function* drain(): AsyncGenerator<T> {
    try {
      for (;;) {
        while (items.length > 0) yield items.shift() as T;
        if (ended) return;
        await new Promise<void>((resolve) => {
          resume = resolve;
        });
      }
    } finally {
      close();
    }
  }
  return {
    push(item) {
      if (ended) return;
      items.push(item);
      notify();
    },
    end() {
      ended = true;
      notify();
    },
    [Symbol.asyncIterator]: drain,
  };
}
