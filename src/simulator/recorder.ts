// Records replicas, concurrency, requests and instance-seconds during a simulation.
import type { Time } from "../base/clock.ts";
import type { ScaleSample } from "../load/scale-sample.ts";

/** The approximate number of samples for a load of any length. */
const SAMPLES = 1440;

interface Interval {
  ready: number;
  wanted: number;
  concurrency: number;
  seconds: number;
  requests: number;
}

export class Recorder {
  readonly sampleMs: number;
  coldStarts = 0;
  podsStarted = 0;
  mostReady = 0;
  #instanceMs = 0;
  #size = 0;
  #sizeSince: Time = 0;
  #start: Time | undefined;
  #ready = 0;
  readonly #intervals: Interval[] = [];

  constructor(expectedMs: number) {
    this.sampleMs = Math.max(1, Math.ceil(expectedMs / 1000 / SAMPLES)) * 1000;
  }

  /** Starts recording, when the load begins. */
  begin(now: Time): void {
    this.#start = now;
    this.#sizeSince = now;
  }

  /** Records a new number of pods on the node. */
  size(size: number, now: Time): void {
    if (this.#start !== undefined) this.#instanceMs += this.#size * (now - this.#sizeSince);
    this.#sizeSince = now;
    this.#size = size;
  }

  pods(ready: number, now: Time): void {
    const before = this.#ready;
    this.#ready = ready;
    if (this.#start === undefined) return;
    if (before === 0 && ready > 0) this.coldStarts += 1;
    if (ready > before) this.podsStarted += ready - before;
    this.mostReady = Math.max(this.mostReady, ready);
    const interval = this.#intervalAt(now);
    interval.ready = Math.max(interval.ready, ready);
  }

  /** Records the past second. */
  second(now: Time, wanted: number, concurrency: number, requests: number): void {
    if (this.#start === undefined || now <= this.#start) return;
    const interval = this.#intervalAt(now - 1);
    interval.ready = Math.max(interval.ready, this.#ready);
    interval.wanted = Math.max(interval.wanted, wanted);
    interval.concurrency += concurrency;
    interval.requests += requests;
    interval.seconds += 1;
    this.mostReady = Math.max(this.mostReady, this.#ready);
  }

  instanceSeconds(now: Time): number {
    this.size(this.#size, now);
    return this.#instanceMs / 1000;
  }

  samples(): readonly ScaleSample[] {
    return this.#intervals.map((interval, index) => ({
      atMs: index * this.sampleMs,
      ready: interval.ready,
      wanted: interval.wanted,
      concurrency: interval.seconds === 0 ? 0 : interval.concurrency / interval.seconds,
      requestsPerSecond: interval.seconds === 0 ? 0 : interval.requests / interval.seconds,
    }));
  }

  #intervalAt(now: Time): Interval {
    const index = Math.max(0, Math.floor((now - (this.#start ?? now)) / this.sampleMs));
    while (this.#intervals.length <= index)
      this.#intervals.push({ ready: 0, wanted: 0, concurrency: 0, seconds: 0, requests: 0 });
    return this.#intervals[index] as Interval;
  }
}
