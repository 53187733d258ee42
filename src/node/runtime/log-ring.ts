// Keeps the last lines of a log in memory.
import type { LogLine, LogOptions } from "./runtime.ts";

const MAX_LINES = 5_000;

export class LogRing {
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  /** The number of lines that were dropped before the first one that is kept. */
  #dropped = 0;
  #ended = false;

  add(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) {
      this.#lines.shift();
      this.#dropped++;
    }
    this.#wakeReaders();
  }

  /** Ends the readers that follow the log, after the lines that were added. */
  end(): void {
    this.#ended = true;
    this.#wakeReaders();
  }

  /** A reader that follows the log and is slower than its writer misses lines. */
  read({ follow, tail = Number.POSITIVE_INFINITY, since, signal }: LogOptions): AsyncIterable<LogLine> {
    const lines = this.#lines;
    const recent = since === undefined ? 0 : lines.findIndex(({ time }) => Date.parse(time) >= Date.parse(since));
    const first = recent < 0 ? lines.length : Math.max(recent, lines.length - tail);
    return this.#readFrom(this.#dropped + first, follow, signal);
  }

  /** Returns the text of the last lines. */
  lastText(count: number): string {
    const texts = this.#lines.slice(-count).map(({ text }) => text);
    return texts.join("\n");
  }

  async *#readFrom(start: number, follow: boolean, signal: AbortSignal | undefined): AsyncGenerator<LogLine> {
    for (let next = start; !signal?.aborted; ) {
      next = Math.max(next, this.#dropped);
      const line = this.#lines[next - this.#dropped];
      if (line) {
        next++;
        yield line;
      } else if (!follow || this.#ended) return;
      else await this.#nextLine(signal);
    }
  }

  #nextLine(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }

  #wakeReaders(): void {
    for (const wake of this.#waiting) wake();
  }
}
