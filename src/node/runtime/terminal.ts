// Holds the size of a client's terminal.
import { Emitter } from "../../base/emitter.ts";

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export class Terminal {
  readonly #sizes = new Emitter<TerminalSize>();
  #size: TerminalSize | undefined;

  resize(size: TerminalSize): void {
    this.#size = size;
    this.#sizes.emit(size);
  }

  /** Calls the listener with the current size, if it is known, and with each later one. */
  follow(listener: (size: TerminalSize) => void): Disposable {
    if (this.#size) listener(this.#size);
    return this.#sizes.subscribe(listener);
  }
}
