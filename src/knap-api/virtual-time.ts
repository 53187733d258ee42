// Advances virtual time in steps. After each step, runs the reconcilers until they have nothing to do, and waits for
// the node's operations, which take real time.
import type { Time } from "../base/clock.ts";
import type { VirtualClock } from "../base/virtual-clock.ts";

/** The longest step. The statistics of each second then include open requests. */
const MAX_STEP_MS = 1000;

export interface VirtualTimeOptions {
  readonly clock: VirtualClock;
  /** The version of the store, which grows with every write. */
  readonly version: () => number;
  /** Runs the reconcilers until they have nothing to do. */
  readonly settle: () => void;
  /** Resolves when no operation in real time is in progress, such as the start of a container. */
  readonly idle: () => Promise<unknown>;
}

/** A condition to wait for. */
export interface Wait extends Disposable {
  isMet(): boolean;
  /** Called after each step; true ends the wait. */
  isHopeless(now: Time): boolean;
}

export class VirtualTime {
  readonly #options: VirtualTimeOptions;
  readonly #closing = new AbortController();
  /** Requests run one after the other. This is the last one. */
  #lastRequest: Promise<unknown> = Promise.resolve();

  constructor(options: VirtualTimeOptions) {
    this.#options = options;
  }

  /** Resolves when the time has passed, or early when `signal` is aborted. */
  advance(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#enqueue(async () => {
      const end = this.#options.clock.now() + ms;
      await this.#settle();
      while (this.#options.clock.now() < end && !this.#isAborted(signal)) await this.#step(end);
    });
  }

  /**
   * Advances time until the wait is met (true), or hopeless or aborted (false). `makeWait` is called after earlier
   * requests have ended.
   */
  run(makeWait: () => Wait, signal?: AbortSignal): Promise<boolean> {
    return this.#enqueue(async () => {
      await this.#settle();
      using wait = makeWait();
      while (!wait.isMet()) {
        if (this.#isAborted(signal) || wait.isHopeless(this.#options.clock.now())) return false;
        await this.#step(Number.POSITIVE_INFINITY);
      }
      return true;
    });
  }

  /** Stops advancing. */
  close(): void {
    this.#closing.abort();
  }

  #isAborted(signal: AbortSignal | undefined): boolean {
    return this.#closing.signal.aborted || signal?.aborted === true;
  }

  #enqueue<T>(run: () => Promise<T>): Promise<T> {
    const request = this.#lastRequest.then(run);
    this.#lastRequest = request.catch(() => {});
    return request;
  }

  async #step(end: Time): Promise<void> {
    const { clock } = this.#options;
    const now = clock.now();
    clock.advanceTo(Math.min(end, now + MAX_STEP_MS, Math.max(now, clock.nextDue() ?? end)));
    await this.#settle();
  }

  /** Repeats until a round writes nothing: the end of an operation can give the reconcilers more work. */
  async #settle(): Promise<void> {
    const { version, settle, idle } = this.#options;
    for (let before = -1; before !== version() && !this.#closing.signal.aborted; ) {
      before = version();
      settle();
      await idle();
      await nextTurn();
    }
  }
}

/** Lets sockets and deferred callbacks run. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
