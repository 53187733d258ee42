// Condition changes on a whole status, for the lifecycle files of all kinds.
import type { Condition, ConditionedStatus, ConditionReason, ConditionSet } from "../meta/conditions.ts";

/** Each method returns the status with the changed conditions. `at` is the time of this reconcile, RFC 3339. */
export interface StatusMarks<S extends ConditionedStatus> {
  initialise(status: S, at: string): S;
  asTrue(status: S, type: string, at: string, because?: ConditionReason): S;
  asFalse(status: S, type: string, at: string, because?: ConditionReason): S;
  asUnknown(status: S, type: string, at: string, because?: ConditionReason): S;
  /** Copies status, reason and message of another object's condition. */
  copied(status: S, type: string, at: string, from: Pick<Condition, "status" | "reason" | "message">): S;
}

/** Makes the methods for the conditions of a kind. */
export function statusMarks<S extends ConditionedStatus>(set: ConditionSet): StatusMarks<S> {
  const change = (status: S, conditions: readonly Condition[]): S => ({ ...status, conditions });
  const of = (status: S): readonly Condition[] => status.conditions ?? [];
  const marks: StatusMarks<S> = {
    initialise: (status, at) => change(status, set.initialise(of(status), at)),
    asTrue: (status, type, at, because) => change(status, set.markTrue(of(status), type, at, because)),
    asFalse: (status, type, at, because) => change(status, set.markFalse(of(status), type, at, because)),
    asUnknown: (status, type, at, because) => change(status, set.markUnknown(of(status), type, at, because)),
    copied: (status, type, at, from) => {
      if (from.status === "True") return marks.asTrue(status, type, at);
      return from.status === "False" ? marks.asFalse(status, type, at, from) : marks.asUnknown(status, type, at, from);
    },
  };
  return marks;
}
