// Counts the requests of a queue-proxy and keeps its drain state.
import type { Clock, Time } from "../../base/clock.ts";

interface Quiet {
  readonly ms: number;
  readonly done: Promise<void>;
  resolve: () => void;
  timer: Disposable;
}

/** The drain ends after a period without new requests; probes do not count. @see pkg/network/handlers/drain.go */
export class Drain {
  /** Requests that were not upgraded. */
  plain = 0;
  /** Upgraded connections. */
  upgraded = 0;
  readonly #clock: Clock;
  #quiet: Quiet | undefined;
  #lastArrival: Time = Number.NEGATIVE_INFINITY;
  #idlers: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** While draining, probes get 503; requests are served. */
  get active(): boolean {
    return this.#quiet !== undefined;
  }

  /** Starts or joins the drain. Resolves after `quietMs` without a new request (0: at once), or on {@link cancel}. */
  begin(quietMs: number): Promise<void> {
    if (this.#quiet === undefined) {
      let resolve = (): void => {};
      const done = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#quiet = {
        ms: quietMs,
        done,
        resolve,
        timer: this.#clock.at(this.#clock.now() + quietMs, () => this.#checkQuiet()),
      };
      if (quietMs === 0) resolve();
    }
    return this.#quiet.done;
  }

  /** Ends the drain, because the pod continues (the kubelet restarts a container after a liveness failure). */
  cancel(): void {
    this.#quiet?.timer[Symbol.dispose]();
    this.#quiet?.resolve();
    this.#quiet = undefined;
  }

  /** Resolves when all requests have ended, except upgraded connections. */
  idle(): Promise<void> {
    if (this.plain === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  enter(): void {
    this.plain += 1;
    if (this.#quiet !== undefined) this.#lastArrival = this.#clock.now();
  }

  /** A request was upgraded. */
  upgrade(): void {
    this.upgraded += 1;
    this.#left();
  }

  leave(upgraded: boolean): void {
    if (upgraded) this.upgraded -= 1;
    else this.#left();
  }

  #left(): void {
    this.plain -= 1;
    if (this.plain > 0 || this.#idlers.length === 0) return;
    for (const idler of this.#idlers.splice(0)) idler();
  }

  #checkQuiet(): void {
    const quiet = this.#quiet;
    if (quiet === undefined) return;
    const until = this.#lastArrival + quiet.ms;
    if (until <= this.#clock.now()) quiet.resolve();
    else quiet.timer = this.#clock.at(until, () => this.#checkQuiet());
  }
}
