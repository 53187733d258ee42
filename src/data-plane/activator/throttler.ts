// Limits the requests on the pods of one revision: assigns slots, and queues requests while no slot is free.
import type { Clock } from "../../base/clock.ts";
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import { type WaitEntry, WaitQueue } from "./wait-queue.ts";

/** An assigned slot. Return it with {@link Throttler.release}. */
export interface Slot {
  readonly backend: Backend;
  /** Requests on this pod. A request on a removed pod continues and still counts. */
  readonly inFlight: number;
}

/** Number of waiting requests that get a slot in one turn of the event loop, to let other work run. */
const SERVED_PER_TURN = 128;

/** The end of a wait: a slot, a timeout, or the deletion of the revision. */
export type WaitResult = Slot | "timeout" | "gone";

interface Pod extends Slot {
  backend: Backend;
  inFlight: number;
}

export interface ThrottlerOptions {
  /** `containerConcurrency`; 0: unlimited. This value never changes for a revision. */
  readonly concurrency: number;
  /** Longest wait of the requests that come from now on. */
  readonly waitLimitMs: number;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * Each pod has `containerConcurrency` slots. The queue has no limit. Waiting requests get slots before new ones.
 * @see pkg/activator/net/throttler.go
 */
export class Throttler {
  readonly #options: ThrottlerOptions;
  readonly #queue = new WaitQueue<WaitResult>();
  #pods: readonly Pod[] = [];
  #waitLimitMs: number;
  #cursor = 0;
  #inFlight = 0;
  #closed = false;
  #expiry: Disposable | undefined;
  #nextTurn: Disposable | undefined;

  constructor(options: ThrottlerOptions) {
    this.#options = options;
    this.#waitLimitMs = options.waitLimitMs;
  }

  /** Requests in flight, including those on removed pods. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Slots of all pods: containerConcurrency × pods, Infinity if unlimited, 0 without pods. */
  get capacity(): number {
    if (this.#pods.length === 0) return 0;
    return this.#options.concurrency === 0 ? Number.POSITIVE_INFINITY : this.#options.concurrency * this.#pods.length;
  }

  /** Sets the longest wait of later requests. From now on, no waiting request waits longer than that either. */
  setWaitLimit(ms: number): void {
    this.#waitLimitMs = ms;
    this.#queue.capDeadlines(this.#options.clock.now() + ms);
    if (this.#queue.size > 0) this.#armExpiry();
  }

  /** Sets the pods. Waiting requests get the free slots at once. */
  setBackends(backends: readonly Backend[]): void {
    const known = new Map(this.#pods.map((pod) => [pod.backend.pod, pod]));
    const sorted = [...backends].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    this.#pods = sorted.map((backend) => {
      const pod = known.get(backend.pod);
      if (!pod) return { backend, inFlight: 0 };
      pod.backend = backend;
      return pod;
    });
    this.#serve();
  }

  /** Assigns a slot now. Returns undefined if no slot is free or other requests wait. */
  tryAcquire(): Slot | undefined {
    return this.#queue.size === 0 ? this.#reserve() : undefined;
  }

  /**
   * Queues a request that arrived at `since`. Calls `done` once, unless the returned function removed the request from
   * the queue.
   */
  wait(done: (admission: WaitResult) => void, since = this.#options.clock.now()): () => void {
    if (this.#closed) {
      done("gone");
      return () => {};
    }
    const waiter: WaitEntry<WaitResult> = this.#queue.join(since + this.#waitLimitMs, done);
    if (!this.#expiry || waiter === this.#queue.first) this.#armExpiry();
    return () => {
      this.#queue.leave(waiter);
    };
  }

  /** Ends a request. Its slot goes to the first waiting request. */
  release(slot: Slot): void {
    (slot as Pod).inFlight -= 1;
    this.#inFlight -= 1;
    this.#serve();
  }

  /** Ends all waits with "gone". Requests in flight continue. */
  close(): void {
    this.#closed = true;
    this.#pods = [];
    this.#expiry?.[Symbol.dispose]();
    this.#nextTurn?.[Symbol.dispose]();
    for (let waiter = this.#queue.first; waiter; waiter = this.#queue.first) this.#settle(waiter, "gone");
  }

  #reserve(): Slot | undefined {
    if (this.#inFlight >= this.capacity) return undefined;
    const { concurrency, random } = this.#options;
    const index = assign({ pods: this.#pods, concurrency, cursor: this.#cursor }, random);
    const pod = this.#pods[index];
    if (!pod) return undefined;
    this.#cursor = index + 1;
    pod.inFlight += 1;
    this.#inFlight += 1;
    return pod;
  }

  #serve(): void {
    if (this.#nextTurn) return;
    for (let served = 0; served < SERVED_PER_TURN; served += 1) {
      const waiter = this.#queue.first;
      const slot = waiter && this.#reserve();
      if (!slot) return;
      this.#settle(waiter, slot);
    }
    const { clock } = this.#options;
    this.#nextTurn = clock.at(clock.now(), () => {
      this.#nextTurn = undefined;
      this.#serve();
    });
  }

  #settle(waiter: WaitEntry<WaitResult>, admission: WaitResult): void {
    this.#queue.leave(waiter);
    waiter.done(admission);
  }

  /** Sets one timer for the whole queue, for its first request. */
  #armExpiry(): void {
    const first = this.#queue.first;
    this.#expiry?.[Symbol.dispose]();
    this.#expiry = undefined;
    if (!first || first.deadline === Number.POSITIVE_INFINITY) return;
    this.#expiry = this.#options.clock.at(first.deadline, () => {
      const now = this.#options.clock.now();
      for (let waiter = this.#queue.first; waiter && waiter.deadline <= now; waiter = this.#queue.first) {
        this.#settle(waiter, "timeout");
      }
      this.#armExpiry();
    });
  }
}
