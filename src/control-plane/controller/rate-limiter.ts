// When a task may be worked on again: requested looks, back-off after failures, and the hold on what never rests. It reconciles nothing.
import type { Clock, Time } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Task } from "./task.ts";

export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Puts a task into the queue. */
  readonly add: (task: Task) => void;
  /** Ms to wait after so many failures in a row (1, 2, …); undefined: no retry. */
  readonly backoffMs: (attempt: number) => number | undefined;
}

const LONGEST_WAIT_MS = 30_000;
const FIRST_HOLD_MS = 100;
/** Rounds of one task without rest, after which it is taken for restless. */
const MOST_ROUNDS = 100;

const doubling = (first: number, times: number): number => Math.min(LONGEST_WAIT_MS, first * 2 ** Math.min(times, 20));

/** 5 ms, doubling, at most 30 s. */
export function defaultBackoffMs(attempt: number): number {
  return doubling(5, attempt - 1);
}

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  /** How often the controller has been at rest. */
  #rests = 0;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** The queue is empty: rounds are counted anew. */
  rest(): void {
    this.#rests++;
  }

  requeueAt(task: Task, time: Time): void {
    if (task.looks.has(time)) return;
    const look = this.#options.clock.at(time, () => {
      task.looks.delete(time);
      this.#options.add(task);
    });
    task.looks.set(time, look);
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

  /** A reconcile went well: the next failure is a first one. */
  reset(task: Task): void {
    task.attempts = 0;
    task.retry?.[Symbol.dispose]();
    task.retry = undefined;
  }

  /** Counts a round. True: too many without rest; the task is put off, with its two alternating statuses in the log. */
  isThrottled(task: Task, status: unknown): boolean {
    if (task.rest !== this.#rests) {
      task.rounds = 0;
      task.rest = this.#rests;
    }
    if (++task.rounds >= MOST_ROUNDS - 1) task.statuses = [...task.statuses, status].slice(-2);
    if (task.rounds <= MOST_ROUNDS) return false;
    const { clock, log, add } = this.#options;
    const heldMs = doubling(FIRST_HOLD_MS, task.holds++);
    log.warn("no rest", { task: task.text, rounds: MOST_ROUNDS, statuses: task.statuses, heldMs });
    task.rounds = 0;
    task.held = clock.at(clock.now() + heldMs, () => {
      task.held = undefined;
      add(task);
    });
    return true;
  }
}
