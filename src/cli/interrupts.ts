// Ctrl-C and its relatives as two abort signals: the first asks for a gentle end, the second for an immediate one.
import { setMaxListeners } from "node:events";

/** npm passes a terminal's Ctrl-C on to its child, which got it already: two signals this close are one. */
const SAME_KEYPRESS_MS = 250;

export interface Interrupts extends Disposable {
  readonly first: AbortSignal;
  readonly second: AbortSignal;
  /** As if the user had pressed Ctrl-C (the terminal UI reads the keyboard itself; `knap down` comes over the API). */
  interrupt(): void;
}

/** Listens to SIGINT, SIGTERM and SIGHUP until disposed of. */
export function listenForInterrupts(now: () => number = () => performance.now()): Interrupts {
  const first = new AbortController();
  const second = new AbortController();
  // Whatever is under way listens to them; ten would be Node's idea of too many.
  setMaxListeners(0, first.signal, second.signal);
  let last = Number.NEGATIVE_INFINITY;
  const interrupt = (): void => {
    const time = now();
    if (time - last < SAME_KEYPRESS_MS) return;
    last = time;
    (first.signal.aborted ? second : first).abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    first: first.signal,
    second: second.signal,
    interrupt,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, interrupt);
    },
  };
}
