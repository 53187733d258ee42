// Simulates high request rates as flows: in each time step an amount of requests arrives, waits, runs and ends. The
// means equal those of single requests, but the random variation is lost.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { Time } from "../base/clock.ts";
import type { RequestCounts, SimulatedTraffic } from "./simulated-traffic.ts";

export const FLOW_STEP_MS = 200;

export interface SimulatedFlowOptions {
  readonly revision: RevisionKey;
  readonly containerConcurrency: number;
  readonly timeoutMs: number;
  readonly counts: RequestCounts;
  readonly onStat: (stat: Stat) => void;
}

interface Chunk {
  readonly arrivedAt: Time;
  amount: number;
  readonly cold: boolean;
}

/** A smaller amount of requests counts as 0. */
const NEGLIGIBLE = 1e-6;

export class SimulatedFlow implements SimulatedTraffic {
  readonly #options: SimulatedFlowOptions;
  #queue: Chunk[] = [];
  #head = 0;
  #backlog = 0;
  #running = 0;
  #pods: readonly string[] = [];
  #isDirect = false;
  /** The activator has reported the revision's first request. */
  #isReported = false;
  /** The number of requests in the first report. The next report does not count them again. */
  #reportedRequests = 0;
  /** Request-milliseconds and started requests of the current second, through the activator and directly. */
  #current = { proxiedMs: 0, proxied: 0, directMs: 0, direct: 0 };
  #lastSecond = { ...this.#current };
  #drained: (() => void)[] = [];

  constructor(options: SimulatedFlowOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    const all = this.#running + this.#backlog;
    return all < NEGLIGIBLE ? 0 : all;
  }

  /** Simulates the time from `now - FLOW_STEP_MS` to `now` with a constant rate. */
  step(now: Time, perSecond: number, durationMs: number): void {
    const { counts, onStat } = this.#options;
    const arriving = (perSecond * FLOW_STEP_MS) / 1000;
    if (arriving > 0) {
      const cold = this.#pods.length === 0;
      this.#queue.push({ arrivedAt: now - FLOW_STEP_MS, amount: arriving, cold });
      this.#backlog += arriving;
      counts.requests += arriving;
      if (cold) counts.coldStarted += arriving;
      if (!this.#isReported && !this.#isDirect) {
        this.#isReported = true;
        this.#reportedRequests = 1;
        onStat(makeStat("activator", now, 1, 1));
      }
    }
    this.#expire(now);
    const before = this.#running + this.#backlog - arriving;
    this.#move(now, durationMs, arriving);
    const meanMs = ((before + this.#running + this.#backlog) / 2) * FLOW_STEP_MS;
    if (this.#isDirect) {
      this.#current.directMs += meanMs;
      this.#current.direct += arriving;
    } else {
      this.#current.proxiedMs += meanMs;
      this.#current.proxied += arriving;
    }
    if (this.#running < NEGLIGIBLE) for (const done of this.#drained.splice(0)) done();
  }

  setPods(pods: readonly string[], mode: "Serve" | "Proxy"): void {
    this.#pods = pods;
    this.#isDirect = mode === "Serve" && pods.length > 0;
  }

  /** A flow does not know the requests of a pod: the last pods wait until no request runs, other pods stop at once. */
  drain(_pod: string, done: () => void): void {
    if (this.#running < NEGLIGIBLE || this.#pods.length > 0) done();
    else this.#drained.push(done);
  }

  activatorStats(now: Time): ReadonlyMap<RevisionKey, Stat> {
    this.#lastSecond = this.#current;
    this.#current = { proxiedMs: 0, proxied: 0, directMs: 0, direct: 0 };
    if (!this.#isReported) return new Map();
    const average = this.#lastSecond.proxiedMs / 1000;
    const stat = makeStat(
      "activator",
      now,
      Math.max(0, average - this.#reportedRequests),
      this.#lastSecond.proxied - this.#reportedRequests,
    );
    this.#reportedRequests = 0;
    if (average < NEGLIGIBLE) this.#isReported = false;
    return new Map([[this.#options.revision, stat]]);
  }

  podStat(pod: string, now: Time): Stat | undefined {
    const share = Math.max(1, this.#pods.length);
    return makeStat(pod, now, this.#lastSecond.directMs / 1000 / share, this.#lastSecond.direct / share);
  }

  /** Admits requests up to the capacity of the pods, and ends finished requests. */
  #move(now: Time, durationMs: number, arriving: number): void {
    const { containerConcurrency } = this.#options;
    const capacity =
      this.#pods.length === 0
        ? 0
        : containerConcurrency === 0
          ? Number.POSITIVE_INFINITY
          : this.#pods.length * containerConcurrency;
    const decay = Math.exp(-FLOW_STEP_MS / Math.max(1, durationMs));
    const equilibrium = (amount: number): number => (amount / FLOW_STEP_MS) * durationMs;
    const after = (admitted: number): number => equilibrium(admitted) + (this.#running - equilibrium(admitted)) * decay;
    let admitted = capacity === 0 ? 0 : this.#backlog;
    let running = after(admitted);
    if (running > capacity && admitted > 0) {
      // The pods are full: admit as many requests as end.
      const free = (capacity - this.#running * decay) / ((durationMs / FLOW_STEP_MS) * (1 - decay));
      admitted = Math.max(0, Math.min(this.#backlog, free));
      running = after(admitted);
    }
    this.#running = Math.max(0, running);
    const hadToWait = this.#backlog - admitted > NEGLIGIBLE || this.#backlog - arriving > NEGLIGIBLE;
    this.#admit(now, admitted, durationMs, hadToWait);
  }

  #admit(now: Time, amount: number, durationMs: number, hadToWait: boolean): void {
    const { counts, timeoutMs } = this.#options;
    let left = amount;
    while (left > NEGLIGIBLE && this.#head < this.#queue.length) {
      const chunk = this.#queue[this.#head] as Chunk;
      const taken = Math.min(left, chunk.amount);
      const waitedMs = hadToWait || chunk.cold ? Math.max(0, now - chunk.arrivedAt - FLOW_STEP_MS / 2) : 0;
      counts.waiting.add(waitedMs, taken);
      if (waitedMs + durationMs > timeoutMs) counts.timedOut += taken;
      else counts.latency.add(waitedMs + durationMs, taken);
      if (waitedMs > 0) counts.queued += taken;
      chunk.amount -= taken;
      left -= taken;
      if (chunk.amount <= NEGLIGIBLE) this.#head += 1;
    }
    this.#backlog = Math.max(0, this.#backlog - amount);
    this.#trimQueue();
  }

  #expire(now: Time): void {
    const { counts, timeoutMs } = this.#options;
    for (
      let chunk = this.#queue[this.#head];
      chunk && now - chunk.arrivedAt > timeoutMs;
      chunk = this.#queue[this.#head]
    ) {
      counts.timedOut += chunk.amount;
      this.#backlog = Math.max(0, this.#backlog - chunk.amount);
      this.#head += 1;
    }
  }

  #trimQueue(): void {
    if (this.#head < 1024 && this.#head < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#head = 0;
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
