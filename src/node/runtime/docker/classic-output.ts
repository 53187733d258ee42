// Reads the output of the engine's classic builder, which is text.
import type { BuildStep } from "../build-request.ts";

/** Reads the output of one build, and calls `onStep` as steps start and end. */
export class ClassicOutput {
  readonly #onStep: (step: BuildStep) => void;
  #isCached = false;
  /** The last step that started. */
  step: string | undefined;

  constructor(onStep: (step: BuildStep) => void = () => {}) {
    this.#onStep = onStep;
  }

  /** Returns the lines of a text that are not empty. */
  read(text: string): readonly string[] {
    const lines = text.split(/\r?\n/).filter((line) => line !== "");
    for (const line of lines) this.#readLine(line);
    return lines;
  }

  #readLine(line: string): void {
    if (/^Step \d+\/\d+ : /.test(line)) {
      if (this.step !== undefined && !this.#isCached) this.#onStep({ name: this.step, state: "done" });
      this.step = line;
      this.#isCached = false;
      this.#onStep({ name: line, state: "started" });
    } else if (this.step !== undefined && line.startsWith(" ---> Using cache")) {
      this.#isCached = true;
      this.#onStep({ name: this.step, state: "cached" });
    }
  }
}
