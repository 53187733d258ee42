// Averages values over a sliding window of one-second buckets. The caller passes the time.
// Follows pkg/autoscaler/aggregation/bucketing.go.
import type { Time } from "../../base/clock.ts";

export const BUCKET_MS = 1000;
const SMALLEST_SMOOTHING = 0.2;
/** The fraction of the weights of an infinite exponential series that the window's buckets have. */
const WEIGHT_IN_WINDOW = 0.9999;

const bucketTime = (time: Time): Time => Math.floor(time / BUCKET_MS) * BUCKET_MS;
const roundToMicro = (value: number): number => (Math.sign(value) * Math.round(Math.abs(value) * 1e6)) / 1e6;

/** Sums values per second over the last `windowMs`. Accepts late values within the window. */
export class Window {
  #windowMs: number;
  #buckets: Float64Array;
  #total = 0;
  /** -Infinity: unset. Late values can lower the time, but do not set it. */
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

  /** Returns the mean over the seconds since the first write, rounded to 6 decimals; 0 if the window has no data. */
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

  /** Returns the exponentially weighted mean, not normalised and not rounded; 0 if the window is empty. */
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

  /** Returns false exactly one window after the last write, although the average is 0 then. */
  isEmpty(now: Time): boolean {
    return bucketTime(now) - this.#lastWrite > this.#windowMs;
  }

  /**
   * Keeps the newest buckets if the old window has data at `now`, and then sets the first write to one old window
   * before the last write, as Knative does.
   */
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

  /** Adds whole seconds to the time of all values. */
  shift(byMs: number): void {
    const old = this.#buckets;
    const by = byMs / BUCKET_MS;
    this.#buckets = new Float64Array(old.length);
    for (const [index, value] of old.entries()) this.#buckets[(index + by) % old.length] = value;
    this.#firstWrite += byMs;
    this.#lastWrite += byMs;
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
