// Decides when a task runs again: at a requested time, after a back-off, or delayed because it runs too often.
import type { Clock, Time } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Task } from "./task.ts";

export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly add: (task: Task) => void;
  /** See `ControllerOptions.backoffMs`. */
  readonly backoffMs: (failures: number) => number | undefined;
}

const LONGEST_WAIT_MS = 30_000;
const FIRST_THROTTLE_MS = 100;
/** A task can run this often until the queue becomes empty. Further runs are delayed. */
const MOST_ROUNDS = 100;

const doubling = (first: number, times: number): number => Math.min(LONGEST_WAIT_MS, first * 2 ** Math.min(times, 20));

/** Returns 5 ms for the first failure, doubled for each further one, at most 30 s. */
export function defaultBackoffMs(failures: number): number {
  return doubling(5, failures - 1);
}

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  /** The number of times that the queue became empty. */
  #period = 0;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** Sets the run counts of all tasks to 0. Called when the queue is empty. */
  startPeriod(): void {
    this.#period++;
  }

  requeueAt(task: Task, time: Time): void {
    if (task.requeues.has(time)) return;
    const timer = this.#options.clock.at(time, () => {
      task.requeues.delete(time);
      this.#options.add(task);
    });
    task.requeues.set(time, timer);
  }

  retryLater(task: Task): void {
    const ms = this.#options.backoffMs(++task.failures);
    task.retry?.[Symbol.dispose]();
    task.retry = undefined;
    if (ms === undefined) return;
    const { clock, add } = this.#options;
    task.retry = clock.at(clock.now() + ms, () => {
      task.retry = undefined;
      add(task);
    });
  }

  /** Handles a successful run: the next failure counts as the first. */
  reset(task: Task): void {
    task.failures = 0;
    task.retry?.[Symbol.dispose]();
    task.retry = undefined;
  }

  /** Counts a run. If the task ran too often, delays it, logs its newest two statuses and returns true. */
  isThrottled(task: Task, status: unknown): boolean {
    if (task.period !== this.#period) {
      task.rounds = 0;
      task.period = this.#period;
    }
    if (++task.rounds >= MOST_ROUNDS - 1) task.statuses = [...task.statuses, status].slice(-2);
    if (task.rounds <= MOST_ROUNDS) return false;
    const { clock, log, add } = this.#options;
    const waitMs = doubling(FIRST_THROTTLE_MS, task.throttles++);
    log.warn("task does not settle", { task: task.text, rounds: MOST_ROUNDS, statuses: task.statuses, waitMs });
    task.rounds = 0;
    task.throttled = clock.at(clock.now() + waitMs, () => {
      task.throttled = undefined;
      add(task);
    });
    return true;
  }
}
