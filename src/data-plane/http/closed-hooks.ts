// Keeps the callbacks that run when an exchange ends. The first needs no array: most exchanges have one or two.

export class ClosedHooks {
  over = false;
  #first: (() => void) | undefined;
  #rest: (() => void)[] | undefined;

  /** Runs the callback at once if the exchange has ended. */
  add(run: () => void): void {
    if (this.over) run();
    else if (this.#first === undefined) this.#first = run;
    else if (this.#rest === undefined) this.#rest = [run];
    else this.#rest.push(run);
  }

  /** Runs all callbacks in order. Later calls do nothing. */
  run(): void {
    if (this.over) return;
    this.over = true;
    this.#first?.();
    for (const hook of this.#rest ?? []) hook();
  }
}
