// The gate in front of one revision's pods: it hands out slots, lets requests wait for one, and never goes above capacity. It forwards nothing.
import type { Clock } from "../../base/clock.ts";
import { assign } from "./assign.ts";
import type { Backend } from "./backend.ts";
import { type WaitEntry, WaitQueue } from "./wait-queue.ts";

/** A reserved slot: give it back with {@link Throttler.release} when the request is over. */
export interface Slot {
  readonly backend: Backend;
  /** Requests on this pod now; survives updates of the pod (a request on a vanished pod goes on). */
  readonly inFlight: number;
}

/** So many of the waiting are let go in one turn of the event loop, so that thousands of them do not hold up everybody else's requests. */
const SERVED_PER_TURN = 128;

/** How waiting ended: a slot, too late, or the revision is gone. */
export type WaitResult = Slot | "timeout" | "gone";

interface Pod extends Slot {
  backend: Backend;
  inFlight: number;
}

export interface ThrottlerOptions {
  /** `containerConcurrency`; 0 is unlimited. Revisions do not change, so it is given once. */
  readonly concurrency: number;
  /** The longest wait; the same for all, so the first in line is always the first to expire. */
  readonly waitLimitMs: number;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/**
 * One per revision (pkg/activator/net/throttler.go): a gate counted over the whole revision, closed while there are no pods, and slots per
 * pod when `containerConcurrency` is set. The line has no limit of length. Fair: whoever waits is served before a newcomer.
 */
export class Throttler {
  readonly #options: ThrottlerOptions;
  readonly #line = new WaitQueue<WaitResult>();
  #pods: readonly Pod[] = [];
  #cursor = 0;
  #inFlight = 0;
  #closed = false;
  #expiry: Disposable | undefined;
  #nextTurn: Disposable | undefined;

  constructor(options: ThrottlerOptions) {
    this.#options = options;
  }

  /** Requests forwarded and not over, those on vanished pods included. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Slots of all assigned pods: containerConcurrency × pods, or infinite, or 0 without pods. */
  get capacity(): number {
    if (this.#pods.length === 0) return 0;
    return this.#options.concurrency === 0 ? Number.POSITIVE_INFINITY : this.#options.concurrency * this.#pods.length;
  }

  /** The pods that may take requests from now on. The waiting are served now, as far as slots go. */
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

  /** A slot now, or undefined: none is free, or others wait already. */
  tryAcquire(): Slot | undefined {
    return this.#line.size === 0 ? this.#reserve() : undefined;
  }

  /** Waits in line. `done` is called once, later, unless the returned function takes the request out of the line before. */
  wait(done: (admission: WaitResult) => void): () => void {
    const { clock, waitLimitMs } = this.#options;
    if (this.#closed) {
      done("gone");
      return () => {};
    }
    const waiter: WaitEntry<WaitResult> = this.#line.join(clock.now() + waitLimitMs, done);
    if (!this.#expiry) this.#armExpiry();
    return () => {
      this.#line.leave(waiter);
    };
  }

  /** The request is over; its slot goes to the next in line. */
  release(slot: Slot): void {
    (slot as Pod).inFlight -= 1;
    this.#inFlight -= 1;
    this.#serve();
  }

  /** The revision is gone: nobody is let in any more, the waiting are told. Requests in flight go on. */
  close(): void {
    this.#closed = true;
    this.#pods = [];
    this.#expiry?.[Symbol.dispose]();
    this.#nextTurn?.[Symbol.dispose]();
    for (let waiter = this.#line.first; waiter; waiter = this.#line.first) this.#settle(waiter, "gone");
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
    // A turn that is due serves them.
    if (this.#nextTurn) return;
    for (let served = 0; served < SERVED_PER_TURN; served += 1) {
      const waiter = this.#line.first;
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
    this.#line.leave(waiter);
    waiter.done(admission);
  }

  /** One timer for the whole line: it rings for the first, and is set again for whoever is first then. */
  #armExpiry(): void {
    const first = this.#line.first;
    this.#expiry = undefined;
    if (!first || first.deadline === Number.POSITIVE_INFINITY) return;
    this.#expiry = this.#options.clock.at(first.deadline, () => {
      const now = this.#options.clock.now();
      for (let waiter = this.#line.first; waiter && waiter.deadline <= now; waiter = this.#line.first) {
        this.#settle(waiter, "timeout");
      }
      this.#armExpiry();
    });
  }
}
