// One sliding window of one-second buckets, with both ways to average it: linear (with a running total) and weighted. It keeps no clock:
// every method is told the time. Follows pkg/autoscaler/aggregation/bucketing.go.
import type { Time } from "../../base/clock.ts";

/** The width of a bucket. */
export const BUCKET_MS = 1000;
const SMALLEST_SMOOTHING = 0.2;
/** The share of all weight that a weighted window puts on its own buckets. */
const WEIGHT_IN_WINDOW = 0.9999;

const bucketTime = (time: Time): Time => Math.floor(time / BUCKET_MS) * BUCKET_MS;
const roundToMicro = (value: number): number => (Math.sign(value) * Math.round(Math.abs(value) * 1e6)) / 1e6;

/** Values summed per second over the last `windowMs`. Data may come late (within the window) and queries may look back. */
export class Window {
  #windowMs: number;
  #buckets: Float64Array;
  #total = 0;
  /** -Infinity: unset. Late data never sets it, only lowers it. */
  #firstWrite = Number.NEGATIVE_INFINITY;
  #lastWrite = Number.NEGATIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
    this.#buckets = new Float64Array(Math.ceil(windowMs / BUCKET_MS));
  }

  get windowMs(): number {
    return this.#windowMs;
  }

  record(time: Time, value: number): void {
    const at = bucketTime(time);
    if (at > this.#lastWrite) this.#advanceTo(at);
    else if (at <= this.#lastWrite - this.#windowMs) return;
    else if (at < this.#lastWrite) this.#firstWrite = Math.min(this.#firstWrite, at);
    const index = this.#indexOf(at);
    this.#buckets[index] = this.#at(index) + value;
    this.#total += value;
  }

  /** The mean over the seconds that can hold data, rounded to 6 decimals; 0 when all data has aged out. */
  linearAverage(now: Time): number {
    const sinceMs = bucketTime(now) - this.#lastWrite;
    if (sinceMs >= this.#windowMs) return 0;
    let total = this.#total;
    let length = this.#buckets.length;
    for (let at = this.#lastWrite + BUCKET_MS; at <= this.#lastWrite + sinceMs; at += BUCKET_MS) {
      total -= this.#at(this.#indexOf(at));
      length -= 1;
    }
    const written = (this.#lastWrite - this.#firstWrite) / BUCKET_MS + 1;
    return roundToMicro(total / Math.min(written, length));
  }

  /** The exponentially weighted mean: not normalised and not rounded; 0 when empty. */
  weightedAverage(now: Time): number {
    if (this.isEmpty(now)) return 0;
    const length = this.#buckets.length;
    const smoothing = Math.max(1 - (1 - WEIGHT_IN_WINDOW) ** (1 / length), SMALLEST_SMOOTHING);
    const idle = Math.max(0, (bucketTime(now) - this.#lastWrite) / BUCKET_MS);
    let weight = smoothing * (1 - smoothing) ** idle;
    let average = 0;
    for (let back = 0; back < length - idle; back += 1) {
      average += this.#at(this.#indexOf(this.#lastWrite - back * BUCKET_MS)) * weight;
      weight *= 1 - smoothing;
    }
    return average;
  }

  /** True only later than one whole window after the last write: exactly at its end the window is not empty but averages to 0. */
  isEmpty(now: Time): boolean {
    return bucketTime(now) - this.#lastWrite > this.#windowMs;
  }

  /** Keeps the newest buckets, if the old window still holds any at `now`. The first write moves to the old window's length before the last one. */
  resize(windowMs: number, now: Time): void {
    if (windowMs === this.#windowMs) return;
    const old = this.#buckets;
    const keep = bucketTime(now) - this.#lastWrite <= this.#windowMs;
    this.#buckets = new Float64Array(Math.ceil(windowMs / BUCKET_MS));
    this.#windowMs = windowMs;
    this.#total = 0;
    this.#firstWrite = keep ? this.#lastWrite - (old.length - 1) * BUCKET_MS : Number.NEGATIVE_INFINITY;
    if (!keep) return;
    for (let back = 0; back < Math.min(old.length, this.#buckets.length); back += 1) {
      const second = this.#lastWrite / BUCKET_MS - back;
      const value = old[second % old.length] ?? 0;
      this.#buckets[second % this.#buckets.length] = value;
      this.#total += value;
    }
  }

  #advanceTo(at: Time): void {
    if (at - this.#lastWrite >= this.#windowMs) {
      this.#buckets.fill(0);
      this.#total = 0;
      this.#firstWrite = at;
    } else {
      for (let skipped = this.#lastWrite + BUCKET_MS; skipped <= at; skipped += BUCKET_MS) {
        const index = this.#indexOf(skipped);
        this.#total -= this.#at(index);
        this.#buckets[index] = 0;
      }
      if (this.#firstWrite === Number.NEGATIVE_INFINITY) this.#firstWrite = at;
    }
    this.#lastWrite = at;
  }

  #indexOf(at: Time): number {
    return (at / BUCKET_MS) % this.#buckets.length;
  }

  #at(index: number): number {
    return this.#buckets[index] ?? 0;
  }
}
