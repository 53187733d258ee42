// Turns callbacks into an AsyncIterable: one side pushes, the other iterates. The queue is unbounded.

/** For a single consumer. Leaving the loop (`break`, `return`) calls `onClose` once. */
export interface EventQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** Ends the loop after the items that were already pushed. */
  end(): void;
}

/** Makes an open, empty {@link EventQueue}. */
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
