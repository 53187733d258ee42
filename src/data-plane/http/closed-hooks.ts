// What is to run once when an exchange is over. Most exchanges have one or two hooks, so the first needs no list.

export class ClosedHooks {
  over = false;
  #first: (() => void) | undefined;
  #rest: (() => void)[] | undefined;

  /** Runs at once if it is over already. */
  add(run: () => void): void {
    if (this.over) run();
    else if (this.#first === undefined) this.#first = run;
    else if (this.#rest === undefined) this.#rest = [run];
    else this.#rest.push(run);
  }

  /** Runs all hooks in order, the first time it is called. */
  run(): void {
    if (this.over) return;
    this.over = true;
    this.#first?.();
    for (const hook of this.#rest ?? []) hook();
  }
}
