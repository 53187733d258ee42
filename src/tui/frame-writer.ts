// Writes the changed lines of ink's frames to the terminal, each at its absolute position. ink 6's own writer loses a
// row of small frames, and clears the screen for frames of full height.
import { Writable } from "node:stream";

const HOME = "\u001b[H";
const CLEAR = "\u001b[2J";
const ERASE_TO_END = "\u001b[K";

/** Returns the escape sequences that turn the screen `before` into the screen `after`. */
export function differenceOf(before: readonly string[], after: readonly string[]): string {
  const height = Math.max(before.length, after.length);
  const changed = Array.from({ length: height }, (_, row) => row).filter((row) => before[row] !== after[row]);
  // Erase before writing: without line wrap the cursor stays on the last column, so erasing after would remove it.
  return changed.map((row) => `\u001b[${row + 1};1H${ERASE_TO_END}${after[row] ?? ""}`).join("");
}

/** The stream that ink writes to. In ink's debug mode each write is a whole frame. */
export class FrameWriter extends Writable {
  readonly isTTY = true;
  readonly #terminal: NodeJS.WriteStream;
  readonly #resized = (): void => this.#resize();
  #shown: readonly string[] = [];

  constructor(terminal: NodeJS.WriteStream) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
    terminal.on("resize", this.#resized);
  }

  get columns(): number {
    return this.#terminal.columns || 80;
  }

  get rows(): number {
    return this.#terminal.rows || 24;
  }

  /** A terminal moves lines when its size changes, so the next frame draws all lines. */
  #resize(): void {
    this.#shown = [];
    this.#terminal.write(CLEAR + HOME);
    this.emit("resize");
  }

  override _write(frame: string, _encoding: BufferEncoding, done: () => void): void {
    const lines = frame.split("\n").slice(0, this.rows);
    const difference = differenceOf(this.#shown, lines);
    this.#shown = lines;
    if (difference !== "") this.#terminal.write(difference);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#terminal.off("resize", this.#resized);
    done(error);
  }
}
