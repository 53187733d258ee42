// Takes down what happens over time in a simulation: replicas, concurrency, instance-seconds. It changes nothing.
import type { Time } from "../base/clock.ts";
import type { SimulationSample } from "./simulation-result.ts";

/** About so many samples for any length of load. */
const SAMPLES = 1440;

interface Slot {
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
  readonly #slots: Slot[] = [];

  constructor(expectedMs: number) {
    this.sampleMs = Math.max(1, Math.ceil(expectedMs / 1000 / SAMPLES)) * 1000;
  }

  /** The load begins: what was before does not count. */
  begin(now: Time): void {
    this.#start = now;
    this.#sizeSince = now;
  }

  /** Pods on the node changed. */
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
    const slot = this.#slotAt(now);
    slot.ready = Math.max(slot.ready, ready);
  }

  /** Once a second, at its end. */
  second(now: Time, wanted: number, concurrency: number, requests: number): void {
    if (this.#start === undefined || now <= this.#start) return;
    const slot = this.#slotAt(now - 1);
    slot.ready = Math.max(slot.ready, this.#ready);
    slot.wanted = Math.max(slot.wanted, wanted);
    slot.concurrency += concurrency;
    slot.requests += requests;
    slot.seconds += 1;
    this.mostReady = Math.max(this.mostReady, this.#ready);
  }

  instanceSeconds(now: Time): number {
    this.size(this.#size, now);
    return this.#instanceMs / 1000;
  }

  samples(): readonly SimulationSample[] {
    return this.#slots.map((slot, index) => ({
      atMs: index * this.sampleMs,
      ready: slot.ready,
      wanted: slot.wanted,
      concurrency: slot.seconds === 0 ? 0 : slot.concurrency / slot.seconds,
      requestsPerSecond: slot.seconds === 0 ? 0 : slot.requests / slot.seconds,
    }));
  }

  #slotAt(now: Time): Slot {
    const index = Math.max(0, Math.floor((now - (this.#start ?? now)) / this.sampleMs));
    while (this.#slots.length <= index)
      this.#slots.push({ ready: 0, wanted: 0, concurrency: 0, seconds: 0, requests: 0 });
    return this.#slots[index] as Slot;
  }
}
