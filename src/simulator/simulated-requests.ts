// Simulates single requests. Throttler, breakers and statistics are the emulator's own; each request has a duration
// instead of a container.
import type { RevisionKey, Stat } from "../apis/autoscaling/types.ts";
import type { Clock, Time } from "../base/clock.ts";
import type { Backend } from "../data-plane/activator/backend.ts";
import { type Slot, Throttler } from "../data-plane/activator/throttler.ts";
import { Breaker, type BreakerWaiter } from "../data-plane/queue-proxy/breaker.ts";
import { ActivatorStats } from "../data-plane/stats/activator-stats.ts";
import { type PeriodReport, RequestStats } from "../data-plane/stats/request-stats.ts";
import type { RequestCounts, SimulatedTraffic } from "./simulated-traffic.ts";

export interface SimulatedRequestsOptions {
  readonly clock: Clock;
  readonly revision: RevisionKey;
  readonly containerConcurrency: number;
  readonly timeoutMs: number;
  readonly random: () => number;
  readonly counts: RequestCounts;
  /** Called at once with the stat of a first request. */
  readonly onStat: (stat: Stat) => void;
}

interface SimulatedPod {
  readonly name: string;
  readonly backend: Backend;
  readonly breaker: Breaker;
  readonly stats: RequestStats;
  last: PeriodReport;
  inFlight: number;
  drained: (() => void) | undefined;
}

interface Request {
  readonly arrivedAt: Time;
  readonly durationMs: number;
  slot: Slot | undefined;
  pod: SimulatedPod | undefined;
}

export class SimulatedRequests implements SimulatedTraffic {
  readonly #options: SimulatedRequestsOptions;
  readonly #throttler: Throttler;
  readonly #activator = new ActivatorStats("activator");
  readonly #pods = new Map<string, SimulatedPod>();
  #ready: readonly SimulatedPod[] = [];
  #isDirect = false;
  #inFlight = 0;

  constructor(options: SimulatedRequestsOptions) {
    const { clock, containerConcurrency, timeoutMs, random } = options;
    this.#options = options;
    this.#throttler = new Throttler({
      concurrency: containerConcurrency,
      waitLimitMs: timeoutMs,
      clock,
      random,
    });
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Simulates a request that arrives now. */
  arrive(durationMs: number): void {
    const { clock, revision, counts, onStat, random } = this.#options;
    const now = clock.now();
    const request: Request = { arrivedAt: now, durationMs, slot: undefined, pod: undefined };
    counts.requests += 1;
    this.#inFlight += 1;
    if (this.#ready.length === 0) counts.coldStarted += 1;
    if (this.#isDirect) {
      this.#enter(request, this.#ready[Math.floor(random() * this.#ready.length)] as SimulatedPod);
      return;
    }
    const first = this.#activator.started(revision, now);
    if (first) onStat(first);
    const slot = this.#throttler.tryAcquire();
    if (slot) this.#forward(request, slot);
    else
      this.#throttler.wait((admission) => {
        if (typeof admission === "object") this.#forward(request, admission);
        else this.#finish(request, "timeout");
      });
  }

  setPods(names: readonly string[], mode: "Serve" | "Proxy"): void {
    this.#ready = names.map((name) => this.#podOf(name));
    this.#isDirect = mode === "Serve" && this.#ready.length > 0;
    this.#throttler.setBackends(this.#ready.map(({ backend }) => backend));
  }

  drain(name: string, done: () => void): void {
    const pod = this.#pods.get(name);
    if (!pod || pod.inFlight === 0) {
      this.#pods.delete(name);
      done();
    } else pod.drained = done;
  }

  activatorStats(now: Time): ReadonlyMap<RevisionKey, Stat> {
    for (const pod of this.#pods.values()) pod.last = pod.stats.report(now);
    return this.#activator.report(now);
  }

  podStat(name: string, now: Time): Stat | undefined {
    const pod = this.#pods.get(name);
    return pod && { podName: name, ...pod.last, processUptime: 0, time: now };
  }

  #podOf(name: string): SimulatedPod {
    const known = this.#pods.get(name);
    if (known) return known;
    const now = this.#options.clock.now();
    const stats = new RequestStats(now);
    const pod: SimulatedPod = {
      name,
      backend: { pod: name, address: name, handle: () => Promise.resolve(), ready: true },
      breaker: new Breaker(this.#options.containerConcurrency),
      stats,
      last: stats.report(now),
      inFlight: 0,
      drained: undefined,
    };
    this.#pods.set(name, pod);
    return pod;
  }

  #forward(request: Request, slot: Slot): void {
    request.slot = slot;
    this.#enter(request, this.#podOf(slot.backend.pod));
  }

  #enter(request: Request, pod: SimulatedPod): void {
    request.pod = pod;
    pod.inFlight += 1;
    pod.stats.started(this.#options.clock.now(), request.slot !== undefined);
    const waiter: BreakerWaiter = { admitted: () => this.#run(request, pod), before: undefined, after: undefined };
    const entry = pod.breaker.enter(waiter);
    if (entry === "run") this.#run(request, pod);
    else if (entry === "full") this.#finish(request, "rejected");
  }

  #run(request: Request, pod: SimulatedPod): void {
    const { clock, counts, timeoutMs } = this.#options;
    const now = clock.now();
    const waitedMs = now - request.arrivedAt;
    counts.waiting.add(waitedMs);
    if (waitedMs > 0) counts.queued += 1;
    const leftMs = timeoutMs - waitedMs;
    const inTime = request.durationMs <= leftMs;
    clock.at(now + Math.max(0, Math.min(request.durationMs, leftMs)), () => {
      pod.breaker.release();
      this.#finish(request, inTime ? "answered" : "timeout");
    });
  }

  #finish(request: Request, how: "answered" | "timeout" | "rejected"): void {
    const { clock, counts, revision } = this.#options;
    const { pod, slot } = request;
    const now = clock.now();
    this.#inFlight -= 1;
    if (how === "answered") counts.latency.add(now - request.arrivedAt);
    else if (how === "timeout") counts.timedOut += 1;
    else counts.rejected += 1;
    const direct = pod !== undefined && slot === undefined;
    if (!direct) this.#activator.ended(revision, now);
    if (pod) {
      pod.inFlight -= 1;
      pod.stats.ended(now, slot !== undefined);
      if (pod.inFlight === 0 && pod.drained) {
        this.#pods.delete(pod.name);
        pod.drained();
      }
    }
    if (slot) this.#throttler.release(slot);
  }
}
