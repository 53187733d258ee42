// Keeps the start of a command's output. The rest is read and dropped, so that the command does not block.

/** As in Kubernetes, which reads 10 KiB of the output of an exec probe. */
const EXEC_OUTPUT_BYTES = 10 * 1024;

export class LimitedOutput {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limitBytes = EXEC_OUTPUT_BYTES) {
    this.#limit = limitBytes;
  }

  add(chunk: Buffer): void {
    if (this.#size >= this.#limit) return;
    const kept = chunk.subarray(0, this.#limit - this.#size);
    this.#chunks.push(kept);
    this.#size += kept.length;
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }
}
