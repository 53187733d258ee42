// Changes the conditions of a whole status, for the lifecycle files of all kinds.
import type { Condition, ConditionedStatus, ConditionReason, ConditionSet } from "../meta/conditions.ts";

type Mark<S> = (status: S, type: string, at: string, because?: ConditionReason) => S;

/** Each method returns the status with the changed conditions. `at` is the time of this reconcile, RFC 3339. */
export interface StatusConditions<S extends ConditionedStatus> {
  readonly markTrue: Mark<S>;
  readonly markFalse: Mark<S>;
  readonly markUnknown: Mark<S>;
  /** Copies status, reason and message of another object's condition. */
  copy(status: S, type: string, at: string, from: Pick<Condition, "status" | "reason" | "message">): S;
}

/** Makes the methods for the conditions of a kind. */
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
