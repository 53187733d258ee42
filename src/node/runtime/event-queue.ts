// A queue that one side pushes into and the other iterates over: how callbacks of a runtime become an AsyncIterable. Never drops.

/** Single consumer. Leaving the loop (`break`, `return`) runs `onClose`, once. */
export interface EventQueue<T> extends AsyncIterable<T> {
  push(item: T): void;
  /** What was pushed is still delivered; then the loop ends. */
  end(): void;
}

/** Makes an open, empty {@link EventQueue}. */
export function makeEventQueue<T>(onClose: () => void = () => {}): EventQueue<T> {
  const items: T[] = [];
  let ended = false;
  let closed = false;
  let wake: (() => void) | undefined;
  const close = (): void => {
    ended = true;
    if (closed) return;
    closed = true;
    onClose();
  };
  const nudge = (): void => {
    wake?.();
    wake = undefined;
  };
  async function* drain(): AsyncGenerator<T> {
    try {
      for (;;) {
        while (items.length > 0) yield items.shift() as T;
        if (ended) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
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
      nudge();
    },
    end() {
      ended = true;
      nudge();
    },
    [Symbol.asyncIterator]: drain,
  };
}
