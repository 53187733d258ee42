// A readable stream whose writer waits for the reader.
import { Readable } from "node:stream";

export class Inbox extends Readable {
  #resume: (() => void) | undefined;
  #hasEnd = false;

  /**
   * Resolves when the reader has room for more, or has destroyed the stream. To be called one at a time. Ignores what
   * comes after the end.
   */
  add(chunk: Buffer): Promise<void> {
    if (this.destroyed || this.#hasEnd || this.push(chunk)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  /** Ends the stream after what was added. */
  end(): void {
    this.#hasEnd = true;
    if (!this.destroyed) this.push(null);
  }

  override _read(): void {
    this.#continue();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#continue();
    done(error);
  }

  #continue(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }
}
