// Computes percentiles of many durations with little memory. Each bucket is 1 % wider than the one before.

const GROWTH = 1.01;
const SMALLEST_MS = 0.1;
const LOG_GROWTH = Math.log(GROWTH);

/** In ms, to a tenth. */
export interface Percentiles {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Durations in ms. A weight is a number of requests and may be a fraction. */
export class DurationHistogram {
  readonly #weights: number[] = [];
  #total = 0;
  #sum = 0;
  #largest = 0;

  get count(): number {
    return this.#total;
  }

  get largest(): number {
    return this.#largest;
  }

  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  add(ms: number, weight = 1): void {
    const index = ms <= SMALLEST_MS ? 0 : 1 + Math.floor(Math.log(ms / SMALLEST_MS) / LOG_GROWTH);
    while (this.#weights.length <= index) this.#weights.push(0);
    this.#weights[index] = (this.#weights[index] ?? 0) + weight;
    this.#total += weight;
    this.#sum += ms * weight;
    if (ms > this.#largest) this.#largest = ms;
  }

  /**
   * Returns the duration in ms that `share` (0 to 1) of the requests do not exceed. The error is at most 1 %; durations
   * up to 0.1 ms count as 0. Returns 0 if no duration was added.
   */
  percentile(share: number): number {
    let left = share * this.#total;
    for (const [index, weight] of this.#weights.entries()) {
      left -= weight;
      if (weight > 0 && left <= 1e-9)
        return index === 0 ? 0 : Math.min(SMALLEST_MS * GROWTH ** (index - 0.5), this.#largest);
    }
    return this.#largest;
  }

  percentiles(): Percentiles {
    const at = (share: number): number => tenth(this.percentile(share));
    return {
      mean: tenth(this.mean),
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      max: tenth(this.largest),
    };
  }
}
