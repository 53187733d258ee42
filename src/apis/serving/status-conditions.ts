// Makes the functions with which a reconciler sets conditions in the status of an object.
import type { Condition, ConditionedStatus, ConditionReason, ConditionSet } from "../meta/conditions.ts";

type Mark<S> = (status: S, type: string, at: string, because?: ConditionReason) => S;

/** Each method returns the status with the changed conditions. `at` is the time of this reconcile, RFC 3339. */
export interface StatusConditions<S extends ConditionedStatus> {
  readonly markTrue: Mark<S>;
  readonly markFalse: Mark<S>;
  readonly markUnknown: Mark<S>;
  /** Sets condition `type` like `from`, a condition of another object. A True condition gets no reason or message. */
  copy(status: S, type: string, at: string, from: Pick<Condition, "status" | "reason" | "message">): S;
}

/** Returns the methods for a kind whose conditions are those of `set`. */
export function makeStatusConditions<S extends ConditionedStatus>(set: ConditionSet): StatusConditions<S> {
  const markWith =
    (mark: ConditionSet["markTrue"]): Mark<S> =>
    (status, type, at, because) => ({ ...status, conditions: mark(status.conditions ?? [], type, at, because) });
  const markTrue = markWith(set.markTrue);
  const markFalse = markWith(set.markFalse);
  const markUnknown = markWith(set.markUnknown);
  return {
    markTrue,
    markFalse,
    markUnknown,
    copy: (status, type, at, from) => {
      if (from.status === "True") return markTrue(status, type, at);
      return from.status === "False" ? markFalse(status, type, at, from) : markUnknown(status, type, at, from);
    },
  };
}
