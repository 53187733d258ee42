// Stores the controller's state for each pair of reconciler and object: failures, timers and refusals.
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import { keyText, type ObjectKey } from "../../apis/meta/key.ts";
import type { Time } from "../../base/clock.ts";
import type { WriteResults } from "./apply-plan.ts";
import type { Reconciler } from "./reconciler.ts";

export interface Task {
  /** For logs: `service Service.serving.knative.dev/default/hello`. */
  readonly text: string;
  readonly reconciler: Reconciler;
  /** Lower ranks run first. */
  readonly rank: number;
  readonly key: ObjectKey;
  /** Failures in a row. */
  failures: number;
  retry: Disposable | undefined;
  /** The timers of requested requeues, by time. */
  readonly requeues: Map<Time, Disposable>;
  /** Runs in this period. See `RateLimiter.startPeriod`. */
  rounds: number;
  period: number;
  /** Set while the task is delayed because it ran too often. */
  throttled: Disposable | undefined;
  throttles: number;
  /** The statuses of the newest two plans. Stored only for a task that runs often. */
  statuses: readonly unknown[];
  /** Refused writes by key text, valid for `generation`. */
  readonly refusals: Map<string, ApiStatus>;
  generation: number | undefined;
  /** Why the newest reconcile failed. */
  error: string | undefined;
}

function makeTask(reconciler: Reconciler, rank: number, key: ObjectKey): Task {
  return {
    text: `${reconciler.name} ${keyText(key)}`,
    reconciler,
    rank,
    key,
    failures: 0,
    retry: undefined,
    requeues: new Map(),
    rounds: 0,
    period: 0,
    throttled: undefined,
    throttles: 0,
    statuses: [],
    refusals: new Map(),
    generation: undefined,
    error: undefined,
  };
}

/** Cancels all timers of a task. */
export function dropTimers(task: Task): void {
  for (const timer of [task.retry, task.throttled, ...task.requeues.values()]) timer?.[Symbol.dispose]();
  task.requeues.clear();
  task.retry = undefined;
  task.throttled = undefined;
}

/** Stores refusals for the reconciler. Returns true if a refusal is new. */
export function recordRefusals(task: Task, results: WriteResults): boolean {
  let isNew = false;
  for (const { key, refused } of results) {
    if (!refused && task.refusals.size === 0) continue;
    const text = keyText(key);
    if (!refused) task.refusals.delete(text);
    else {
      isNew ||= task.refusals.get(text)?.message !== refused.message;
      task.refusals.set(text, refused);
    }
  }
  return isNew;
}

/** Stores all tasks, in nested maps that need no key text for a lookup. */
export class TaskRegistry {
  /** By reconciler, namespace and name. */
  readonly #tasks: ReadonlyMap<Reconciler, Map<string, Map<string, Task>>>;
  readonly #ranks: ReadonlyMap<Reconciler, number>;

  /** Earlier reconcilers run first. */
  constructor(reconcilers: readonly Reconciler[]) {
    this.#tasks = new Map(reconcilers.map((reconciler) => [reconciler, new Map<string, Map<string, Task>>()]));
    this.#ranks = new Map(reconcilers.map((reconciler, rank) => [reconciler, rank]));
  }

  /** Returns the task of this reconciler for this object. Makes it if it does not exist. */
  of(reconciler: Reconciler, key: ObjectKey): Task {
    const byName = this.#tasksIn(reconciler, key.namespace);
    const known = byName.get(key.name);
    if (known) return known;
    const task = makeTask(reconciler, this.#ranks.get(reconciler) ?? 0, key);
    byName.set(key.name, task);
    return task;
  }

  has(task: Task): boolean {
    return this.#tasks.get(task.reconciler)?.get(task.key.namespace)?.get(task.key.name) === task;
  }

  drop(task: Task): void {
    this.#tasks.get(task.reconciler)?.get(task.key.namespace)?.delete(task.key.name);
  }

  /** Returns all tasks in no order. */
  all(): readonly Task[] {
    return [...this.#tasks.values()].flatMap((byNamespace) =>
      [...byNamespace.values()].flatMap((byName) => [...byName.values()]),
    );
  }

  #tasksIn(reconciler: Reconciler, namespace: string): Map<string, Task> {
    const byNamespace = this.#tasks.get(reconciler);
    const byName = byNamespace?.get(namespace) ?? new Map<string, Task>();
    byNamespace?.set(namespace, byName);
    return byName;
  }
}
