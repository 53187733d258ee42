// Knative's conditions engine: how marks on dependents make up Ready. Pure: every mark gives a new array, sorted by type.
// Source: knative.dev/pkg/apis/condition_set.go.
import type { Condition, ConditionedStatus, ConditionStatus } from "./condition.ts";

/** Why a condition is not True (or, with True, a remark). */
export interface Because {
  readonly reason?: string;
  readonly message?: string;
}
type Conditions = readonly Condition[];

/**
 * The conditions of one kind: Ready and those that it depends on. Every method takes the current conditions and the
 * time of this reconcile (an RFC 3339 text), and returns the new ones; nothing changes when nothing differs.
 */
export interface ConditionSet {
  readonly ready: string;
  readonly dependents: readonly string[];
  /** Adds what is missing as Unknown (as True, when Ready is already True). */
  initialise(conditions: Conditions, at: string): Conditions;
  markTrue(conditions: Conditions, type: string, at: string, because?: Because): Conditions;
  markUnknown(conditions: Conditions, type: string, at: string, because?: Because): Conditions;
  markFalse(conditions: Conditions, type: string, at: string, because?: Because): Conditions;
  /** Sets a condition outside the set, as it is: severity Info, Ready untouched. */
  markInfo(conditions: Conditions, mark: Omit<Condition, "lastTransitionTime" | "severity">, at: string): Conditions;
  /** Removes a condition that is not part of the set. */
  clear(conditions: Conditions, type: string): Conditions;
}

/** The condition of a type. */
export function conditionOf(conditions: Conditions | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** True when the condition is there and True. */
export function isConditionTrue(conditions: Conditions | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === "True";
}

/** Knative's IsReady: Ready is True and belongs to this generation. */
export function isReady(object: { metadata: { generation?: number }; status?: ConditionedStatus }): boolean {
  const current = (object.status?.observedGeneration ?? 0) === (object.metadata.generation ?? 0);
  return current && isConditionTrue(object.status?.conditions, "Ready");
}

/** Ready is False and belongs to this generation. */
export function isFailed(object: { metadata: { generation?: number }; status?: ConditionedStatus }): boolean {
  const current = (object.status?.observedGeneration ?? 0) === (object.metadata.generation ?? 0);
  return current && conditionOf(object.status?.conditions, "Ready")?.status === "False";
}

function sameMark(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    (a.reason ?? "") === (b.reason ?? "") &&
    (a.message ?? "") === (b.message ?? "") &&
    a.severity === b.severity
  );
}

/** Sets a condition exactly; the time changes only when anything else does. */
function setCondition(conditions: Conditions, condition: Condition, at: string): Conditions {
  const old = conditionOf(conditions, condition.type);
  if (old && sameMark(old, condition)) return conditions;
  const next = { ...condition, lastTransitionTime: at };
  const others = conditions.filter((other) => other.type !== condition.type);
  return [...others, next].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function made(type: string, status: ConditionStatus, because: Because = {}): Condition {
  return {
    type,
    status,
    ...(because.reason ? { reason: because.reason } : {}),
    ...(because.message ? { message: because.message } : {}),
  };
}

/** The condition set of a kind: the name of its happy condition (Ready) and its dependents. */
export function conditionSet(ready: string, dependents: readonly string[]): ConditionSet {
  const counts = (type: string): boolean => dependents.includes(type);
  const marked = (type: string, status: ConditionStatus, because?: Because): Condition => ({
    ...made(type, status, because),
    ...(counts(type) || type === ready ? {} : { severity: "Info" as const }),
  });
  /** The dependent that decides Ready: the latest False, else the latest Unknown, else one that is not there yet. */
  const culprit = (conditions: Conditions): Condition | undefined => {
    const ofSet = conditions.filter((condition) => counts(condition.type));
    const latestFirst = ofSet.sort((a, b) => compareTimes(b.lastTransitionTime, a.lastTransitionTime));
    const unhappy = latestFirst.find(({ status }) => status === "False") ?? latestFirst.find(isUnknown);
    return unhappy ?? (ofSet.length < dependents.length ? made(ready, "Unknown") : undefined);
  };
  const recomputed = (conditions: Conditions, type: string, at: string): Conditions => {
    const why = culprit(conditions);
    if (why) return setCondition(conditions, made(ready, why.status, why), at);
    return type === ready ? conditions : setCondition(conditions, made(ready, "True"), at);
  };
  return {
    ready,
    dependents,
    initialise(conditions, at) {
      const isHappy = conditionOf(conditions, ready)?.status === "True";
      const missing = [ready, ...dependents].filter((type) => !conditionOf(conditions, type));
      if (missing.length === 0) return conditions;
      return missing.reduce((all, type) => setCondition(all, made(type, isHappy ? "True" : "Unknown"), at), conditions);
    },
    markTrue(conditions, type, at, because) {
      return recomputed(setCondition(conditions, marked(type, "True", because), at), type, at);
    },
    markUnknown(conditions, type, at, because) {
      const next = setCondition(conditions, marked(type, "Unknown", because), at);
      const isFalse = next.some((condition) => counts(condition.type) && condition.status === "False");
      if (!isFalse) return counts(type) ? setCondition(next, made(ready, "Unknown", because), at) : next;
      if (conditionOf(next, ready)?.status === "False") return next;
      return setCondition(next, made(ready, "False", because), at);
    },
    markFalse(conditions, type, at, because) {
      const next = setCondition(conditions, marked(type, "False", because), at);
      return counts(type) ? setCondition(next, made(ready, "False", because), at) : next;
    },
    markInfo(conditions, mark, at) {
      return setCondition(conditions, { ...mark, severity: "Info" }, at);
    },
    clear(conditions, type) {
      return counts(type) || type === ready ? conditions : conditions.filter((condition) => condition.type !== type);
    },
  };
}

function isUnknown({ status }: Condition): boolean {
  return status !== "True" && status !== "False";
}

function compareTimes(a: string | undefined, b: string | undefined): number {
  return (a ?? "") < (b ?? "") ? -1 : (a ?? "") > (b ?? "") ? 1 : 0;
}
