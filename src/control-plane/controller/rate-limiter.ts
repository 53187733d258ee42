// Decides when a task runs again: requested requeues, back-off after failures, and a delay for tasks that never settle.
import type { Clock, Time } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Task } from "./task.ts";

export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly add: (task: Task) => void;
  /** Ms to wait after this many failures in a row (1, 2, …); undefined: no retry. */
  readonly backoffMs: (attempt: number) => number | undefined;
}

const LONGEST_WAIT_MS = 30_000;
const FIRST_THROTTLE_MS = 100;
/** Reconciles of a task in one period; more are delayed. */
const MOST_ROUNDS = 100;

const doubling = (first: number, times: number): number => Math.min(LONGEST_WAIT_MS, first * 2 ** Math.min(times, 20));

/** 5 ms, doubling, at most 30 s. */
export function defaultBackoffMs(attempt: number): number {
  return doubling(5, attempt - 1);
}

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  /** Counts how often the queue became empty. */
  #period = 0;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** The queue is empty: reconciles are counted from 0 again. */
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
    const ms = this.#options.backoffMs(++task.attempts);
    task.retry?.[Symbol.dispose]();
    task.retry = undefined;
    if (ms === undefined) return;
    const { clock, add } = this.#options;
    task.retry = clock.at(clock.now() + ms, () => {
      task.retry = undefined;
      add(task);
    });
  }

  /** The reconcile succeeded: the next failure counts as the first. */
  reset(task: Task): void {
    task.attempts = 0;
    task.retry?.[Symbol.dispose]();
    task.retry = undefined;
  }

  /**
   * Counts a reconcile. Returns true if the task ran too often: it is delayed, and its newest two statuses are logged.
   */
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
