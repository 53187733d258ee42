// What the engine remembers of one reconciler's care for one object: attempts, timers, refusals. Data only; the controller moves it.

import type { ApiStatus } from "../../apis/meta/api-status.ts";
import { keyText, type ObjectKey } from "../../apis/meta/key.ts";
import type { Time } from "../../base/clock.ts";
import type { Verdicts } from "./apply-plan.ts";
import type { Reconciler } from "./reconciler.ts";

export interface Task {
  readonly text: string;
  readonly reconciler: Reconciler;
  /** Lower ones are worked on first. */
  readonly rank: number;
  readonly key: ObjectKey;
  /** Failures in a row. */
  attempts: number;
  retry: Disposable | undefined;
  /** Requested looks, by instant. */
  readonly looks: Map<Time, Disposable>;
  /** Rounds since the controller was last at rest, and which rest that was. */
  rounds: number;
  rest: number;
  /** While set, the task is not worked on: it did not come to rest. */
  held: Disposable | undefined;
  holds: number;
  /** The newest two plans' statuses, kept only when rest is long in coming. */
  statuses: readonly unknown[];
  /** Refused writes by key text, valid for the generation that was planned. */
  readonly refusals: Map<string, ApiStatus>;
  generation: number | undefined;
  /** Why the last reconcile failed. */
  error: string | undefined;
}

/** `service Service.serving.knative.dev/default/hello`: names a task, also in logs. */
function taskText(reconciler: Reconciler, key: ObjectKey): string {
  return `${reconciler.name} ${keyText(key)}`;
}

export function makeTask(reconciler: Reconciler, rank: number, key: ObjectKey): Task {
  return {
    text: taskText(reconciler, key),
    reconciler,
    rank,
    key,
    attempts: 0,
    retry: undefined,
    looks: new Map(),
    rounds: 0,
    rest: 0,
    held: undefined,
    holds: 0,
    statuses: [],
    refusals: new Map(),
    generation: undefined,
    error: undefined,
  };
}

/** Cancels everything a task waits for. */
export function dropTimers(task: Task): void {
  for (const timer of [task.retry, task.held, ...task.looks.values()]) timer?.[Symbol.dispose]();
  task.looks.clear();
  task.retry = undefined;
  task.held = undefined;
}

/** Remembers refusals for the planner; true when one is news to it. */
export function rememberVerdicts(task: Task, verdicts: Verdicts): boolean {
  let news = false;
  for (const { key, refused } of verdicts) {
    if (!refused && task.refusals.size === 0) continue;
    const text = keyText(key);
    if (!refused) task.refusals.delete(text);
    else {
      news ||= task.refusals.get(text)?.message !== refused.message;
      task.refusals.set(text, refused);
    }
  }
  return news;
}
