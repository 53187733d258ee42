// Puts frames on the screen, only the lines that differ, each at its absolute place. Stands between ink and the terminal, because ink 6's own
// incremental writer loses a row when a frame is lower than the terminal, and clears the whole screen when it is as high.
import { Writable } from "node:stream";

const HOME = "\u001b[H";
const CLEAR = "\u001b[2J";
const ERASE_TO_END = "\u001b[K";

/** The bytes that turn a screen showing `before` into one showing `after`. Pure. */
export function differenceOf(before: readonly string[], after: readonly string[]): string {
  const height = Math.max(before.length, after.length);
  const changed = Array.from({ length: height }, (_, row) => row).filter((row) => before[row] !== after[row]);
  return changed.map((row) => `\u001b[${row + 1};1H${after[row] ?? ""}${ERASE_TO_END}`).join("");
}

/** What ink takes for its terminal: each write is a whole frame (ink's debug mode). */
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

  /** The terminal's own lines were thrown about by the new size: all of them are drawn anew. */
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
