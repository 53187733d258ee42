// Whether a queue-proxy is being drained, and what is still in it. It ends nothing: it tells when the time has come.
import type { Clock, Time } from "../../base/clock.ts";

interface Quiet {
  readonly ms: number;
  readonly done: Promise<void>;
  resolve: () => void;
  timer: Disposable;
}

/** `pkg/network/handlers/drain.go`: quiet means that no new request, probes apart, has come for so long; each arrival begins it anew. */
export class Drain {
  /** Requests that are not upgraded. */
  plain = 0;
  /** Connections that have left HTTP. */
  upgraded = 0;
  readonly #clock: Clock;
  #quiet: Quiet | undefined;
  #lastArrival: Time = Number.NEGATIVE_INFINITY;
  #idlers: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Probes are answered 503; requests are served as ever. */
  get active(): boolean {
    return this.#quiet !== undefined;
  }

  /** Begins the drain, or joins it: resolves after `quietMs` without a new request. 0: at once. Also resolved by {@link cancel}. */
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
        timer: this.#clock.at(this.#clock.now() + quietMs, () => this.#look()),
      };
      if (quietMs === 0) resolve();
    }
    return this.#quiet.done;
  }

  /** The pod stays after all (a container is restarted by its liveness probe): probes recover. */
  cancel(): void {
    this.#quiet?.timer[Symbol.dispose]();
    this.#quiet?.resolve();
    this.#quiet = undefined;
  }

  /** Resolves when no plain request is in the pod; upgraded connections do not hold it back. */
  idle(): Promise<void> {
    if (this.plain === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  enter(): void {
    this.plain += 1;
    if (this.#quiet !== undefined) this.#lastArrival = this.#clock.now();
  }

  /** The request has become a connection of its own kind. */
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

  #look(): void {
    const quiet = this.#quiet;
    if (quiet === undefined) return;
    const until = this.#lastArrival + quiet.ms;
    if (until <= this.#clock.now()) quiet.resolve();
    else quiet.timer = this.#clock.at(until, () => this.#look());
  }
}
