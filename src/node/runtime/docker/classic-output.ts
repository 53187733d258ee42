// Reads the output of the engine's classic builder, which is text.
import type { BuildStep } from "../build-request.ts";
import type { StepImages } from "./classic-layers.ts";

/** Reads the output of one build, and calls `onStep` as steps start and end. */
export class ClassicOutput {
  readonly #onStep: (step: BuildStep) => void;
  readonly #made = new Set<string>();
  readonly #used = new Set<string>();
  #isCached = false;
  /** The last step that started. */
  step: string | undefined;

  constructor(onStep: (step: BuildStep) => void = () => {}) {
    this.#onStep = onStep;
  }

  get images(): StepImages {
    return { made: this.#made, used: this.#used };
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
    } else if (this.step !== undefined) this.#readImage(line, this.step);
  }
  /** The image of FROM belongs to others. */
  #readImage(line: string, step: string): void {
    const id = /^ ---> ([0-9a-f]{12})$/.exec(line)?.[1];
    if (id === undefined || / : FROM /.test(step)) return;
    this.#used.add(id);
    if (!this.#isCached) this.#made.add(id);
  }
}
