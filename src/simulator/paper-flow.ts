// Load as flows instead of single requests, for rates at which playing each would take too long: in small steps of time, so much arrives, waits,
// runs and ends. Means are those of single requests; the spread within a step is not played.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { Time } from "../base/clock.ts";
import type { PaperTraffic, Tally } from "./paper-traffic.ts";

export const FLOW_STEP_MS = 200;

export interface PaperFlowOptions {
  readonly revision: RevisionKey;
  readonly containerConcurrency: number;
  readonly timeoutMs: number;
  readonly tally: Tally;
  readonly onStat: (stat: Stat) => void;
}

interface Chunk {
  readonly arrivedAt: Time;
  amount: number;
  readonly cold: boolean;
}

/** Below this much of a request there is none. */
const NOTHING = 1e-6;

export class PaperFlow implements PaperTraffic {
  readonly #options: PaperFlowOptions;
  #line: Chunk[] = [];
  #first = 0;
  #backlog = 0;
  #running = 0;
  #pods: readonly string[] = [];
  #serving = false;
  /** The activator knows the revision: its first request was reported. */
  #known = false;
  #reported = 0;
  /** Of the second that is open: request-milliseconds and starts, through the activator and straight. */
  #open = { proxiedMs: 0, proxied: 0, directMs: 0, direct: 0 };
  #closed = { ...this.#open };
  #drained: (() => void)[] = [];

  constructor(options: PaperFlowOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    const all = this.#running + this.#backlog;
    return all < NOTHING ? 0 : all;
  }

  /** One step from `now - FLOW_STEP_MS` to `now`, with a constant rate. */
  step(now: Time, perSecond: number, durationMs: number): void {
    const { tally, onStat } = this.#options;
    const arriving = (perSecond * FLOW_STEP_MS) / 1000;
    if (arriving > 0) {
      const cold = this.#pods.length === 0;
      this.#line.push({ arrivedAt: now - FLOW_STEP_MS, amount: arriving, cold });
      this.#backlog += arriving;
      tally.requests += arriving;
      if (cold) tally.coldStarted += arriving;
      if (!this.#known && !this.#serving) {
        this.#known = true;
        this.#reported = 1;
        onStat(makeStat("activator", now, 1, 1));
      }
    }
    this.#expire(now);
    const before = this.#running + this.#backlog - arriving;
    this.#move(now, durationMs, arriving);
    const meanMs = ((before + this.#running + this.#backlog) / 2) * FLOW_STEP_MS;
    if (this.#serving) {
      this.#open.directMs += meanMs;
      this.#open.direct += arriving;
    } else {
      this.#open.proxiedMs += meanMs;
      this.#open.proxied += arriving;
    }
    if (this.#running < NOTHING) for (const done of this.#drained.splice(0)) done();
  }

  setPods(pods: readonly string[], mode: "Serve" | "Proxy"): void {
    this.#pods = pods;
    this.#serving = mode === "Serve" && pods.length > 0;
  }

  /** A flow knows no single pod's requests: the pod goes when what its like runs would be over. */
  drain(_pod: string, done: () => void): void {
    if (this.#running < NOTHING || this.#pods.length > 0) done();
    else this.#drained.push(done);
  }

  activatorStats(now: Time): ReadonlyMap<RevisionKey, Stat> {
    this.#closed = this.#open;
    this.#open = { proxiedMs: 0, proxied: 0, directMs: 0, direct: 0 };
    if (!this.#known) return new Map();
    const average = this.#closed.proxiedMs / 1000;
    const stat = makeStat(
      "activator",
      now,
      Math.max(0, average - this.#reported),
      this.#closed.proxied - this.#reported,
    );
    this.#reported = 0;
    if (average < NOTHING) this.#known = false;
    return new Map([[this.#options.revision, stat]]);
  }

  podStat(pod: string, now: Time): Stat | undefined {
    const share = Math.max(1, this.#pods.length);
    return makeStat(pod, now, this.#closed.directMs / 1000 / share, this.#closed.direct / share);
  }

  /** Lets in what there is room for, and ends what is over. */
  #move(now: Time, durationMs: number, arriving: number): void {
    const { containerConcurrency } = this.#options;
    const capacity =
      this.#pods.length === 0
        ? 0
        : containerConcurrency === 0
          ? Number.POSITIVE_INFINITY
          : this.#pods.length * containerConcurrency;
    const decay = Math.exp(-FLOW_STEP_MS / Math.max(1, durationMs));
    const steady = (amount: number): number => (amount / FLOW_STEP_MS) * durationMs;
    const after = (admitted: number): number => steady(admitted) + (this.#running - steady(admitted)) * decay;
    let admitted = capacity === 0 ? 0 : this.#backlog;
    let running = after(admitted);
    if (running > capacity && admitted > 0) {
      // Saturated: as much is let in as keeps the pods just full.
      const room = (capacity - this.#running * decay) / ((durationMs / FLOW_STEP_MS) * (1 - decay));
      admitted = Math.max(0, Math.min(this.#backlog, room));
      running = after(admitted);
    }
    this.#running = Math.max(0, running);
    const hadToWait = this.#backlog - admitted > NOTHING || this.#backlog - arriving > NOTHING;
    this.#admit(now, admitted, durationMs, hadToWait);
  }

  #admit(now: Time, amount: number, durationMs: number, hadToWait: boolean): void {
    const { tally, timeoutMs } = this.#options;
    let left = amount;
    while (left > NOTHING && this.#first < this.#line.length) {
      const chunk = this.#line[this.#first] as Chunk;
      const taken = Math.min(left, chunk.amount);
      const waitedMs = hadToWait || chunk.cold ? Math.max(0, now - chunk.arrivedAt - FLOW_STEP_MS / 2) : 0;
      tally.waiting.add(waitedMs, taken);
      if (waitedMs + durationMs > timeoutMs) tally.timedOut += taken;
      else tally.latency.add(waitedMs + durationMs, taken);
      if (waitedMs > 0) tally.queued += taken;
      chunk.amount -= taken;
      left -= taken;
      if (chunk.amount <= NOTHING) this.#first += 1;
    }
    this.#backlog = Math.max(0, this.#backlog - amount);
    this.#tidy();
  }

  #expire(now: Time): void {
    const { tally, timeoutMs } = this.#options;
    for (
      let chunk = this.#line[this.#first];
      chunk && now - chunk.arrivedAt > timeoutMs;
      chunk = this.#line[this.#first]
    ) {
      tally.timedOut += chunk.amount;
      this.#backlog = Math.max(0, this.#backlog - chunk.amount);
      this.#first += 1;
    }
  }

  #tidy(): void {
    if (this.#first < 1024 && this.#first < this.#line.length) return;
    this.#line = this.#line.slice(this.#first);
    this.#first = 0;
  }
}

function makeStat(podName: string, time: Time, averageConcurrentRequests: number, requestCount: number): Stat {
  return {
    podName,
    averageConcurrentRequests,
    averageProxiedConcurrentRequests: 0,
    requestCount,
    proxiedRequestCount: 0,
    processUptime: 0,
    time,
  };
}
