// Lets virtual time pass, step by step, as slowly as the real world needs: after each step planners come to rest and pods are started or stopped
// for good. It decides nothing, and time stands still unless somebody asks.
import type { Time } from "../base/clock.ts";
import type { VirtualClock } from "../base/virtual-clock.ts";

/** No step is longer, so that a request that is held open is seen by every second's statistics. */
const LONGEST_STEP_MS = 1000;

export interface VirtualTimeOptions {
  readonly clock: VirtualClock;
  /** Grows with every write of the store. */
  readonly version: () => number;
  /** Lets planners work until they have nothing to do. */
  readonly settle: () => void;
  /** Resolves when no operation is under way that takes real time: starts, first readiness, stops, inquiries. */
  readonly idle: () => Promise<unknown>;
}

/** What time is to wait for, and when to give up. */
export interface Wait extends Disposable {
  isMet(): boolean;
  /** Asked after each step; true: it is not going to be met any more. */
  isHopeless(now: Time): boolean;
}

export class VirtualTime {
  readonly #options: VirtualTimeOptions;
  readonly #closing = new AbortController();
  /** Who asks while time passes waits in line. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: VirtualTimeOptions) {
    this.#options = options;
  }

  /** Resolves when so much time has passed, or `signal` called it off: then the rest of it does not pass. */
  advance(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#inLine(async () => {
      const end = this.#options.clock.now() + ms;
      await this.#rest();
      while (this.#options.clock.now() < end && !this.#isOff(signal)) await this.#step(end);
    });
  }

  /** Lets time pass until the wait is met (true) or hopeless (false); made when its turn in the line has come. */
  run(makeWait: () => Wait, signal?: AbortSignal): Promise<boolean> {
    return this.#inLine(async () => {
      await this.#rest();
      using wait = makeWait();
      while (!wait.isMet()) {
        if (this.#isOff(signal) || wait.isHopeless(this.#options.clock.now())) return false;
        await this.#step(Number.POSITIVE_INFINITY);
      }
      return true;
    });
  }

  /** The session ends: no step is taken any more. */
  close(): void {
    this.#closing.abort();
  }

  #isOff(signal: AbortSignal | undefined): boolean {
    return this.#closing.signal.aborted || signal?.aborted === true;
  }

  #inLine<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(run);
    this.#line = turn.catch(() => {});
    return turn;
  }

  async #step(end: Time): Promise<void> {
    const { clock } = this.#options;
    const now = clock.now();
    clock.advanceTo(Math.min(end, now + LONGEST_STEP_MS, Math.max(now, clock.nextDue() ?? end)));
    await this.#rest();
  }

  /** What settles may start something, and what ends may give planners work: until neither happens. */
  async #rest(): Promise<void> {
    const { version, settle, idle } = this.#options;
    for (let before = -1; before !== version() && !this.#closing.signal.aborted; ) {
      before = version();
      settle();
      await idle();
      await turnOfTheLoop();
    }
  }
}

/** Sockets and deferred work get their turn. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
