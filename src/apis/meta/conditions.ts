// Sets Knative's conditions, and computes Ready from the conditions of its dependents. Pure: returns arrays sorted by
// type. Source: knative.dev/pkg/apis/condition_set.go.

export type ConditionStatus = "True" | "False" | "Unknown";

export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  /** Ready ignores Info conditions. Absent means Error. */
  readonly severity?: "Info";
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The status fields of every Knative kind (duck type `duckv1.Status`). */
export interface ConditionedStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Reason and message of a condition. */
export interface ConditionReason {
  readonly reason?: string;
  readonly message?: string;
}
type Conditions = readonly Condition[];

/**
 * Changes the conditions of a kind. Each method takes the current conditions and the time (RFC 3339), and returns the
 * new conditions, or the input if nothing differs.
 */
export interface ConditionSet {
  readonly ready: string;
  readonly dependents: readonly string[];
  /** Adds missing conditions as Unknown, or as True if Ready is already True. */
  initialise(conditions: Conditions, at: string): Conditions;
  markTrue(conditions: Conditions, type: string, at: string, because?: ConditionReason): Conditions;
  markUnknown(conditions: Conditions, type: string, at: string, because?: ConditionReason): Conditions;
  markFalse(conditions: Conditions, type: string, at: string, because?: ConditionReason): Conditions;
  /** Sets a condition that is not in the set, with severity Info. Ready does not change. */
  markInfo(conditions: Conditions, mark: Omit<Condition, "lastTransitionTime" | "severity">, at: string): Conditions;
  /** Removes a condition that is not in the set. */
  clear(conditions: Conditions, type: string): Conditions;
}

export function conditionOf(conditions: Conditions | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: Conditions | undefined, type: string): boolean {
  return conditionOf(conditions, type)?.status === "True";
}

/** Knative's IsReady: Ready is True and observed for the current generation. */
export function isReady(object: { metadata: { generation?: number }; status?: ConditionedStatus }): boolean {
  const current = (object.status?.observedGeneration ?? 0) === (object.metadata.generation ?? 0);
  return current && isConditionTrue(object.status?.conditions, "Ready");
}

/** Ready is False and observed for the current generation. */
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

/** Sets a condition; its time changes only if another field differs. */
function setCondition(conditions: Conditions, condition: Condition, at: string): Conditions {
  const old = conditionOf(conditions, condition.type);
  if (old && sameMark(old, condition)) return conditions;
  const next = { ...condition, lastTransitionTime: at };
  const others = conditions.filter((other) => other.type !== condition.type);
  return [...others, next].sort((a, b) => (a.type < b.type ? -1 : 1));
}

function made(type: string, status: ConditionStatus, because: ConditionReason = {}): Condition {
  return {
    type,
    status,
    ...(because.reason ? { reason: because.reason } : {}),
    ...(because.message ? { message: because.message } : {}),
  };
}

export function conditionSet(ready: string, dependents: readonly string[]): ConditionSet {
  const counts = (type: string): boolean => dependents.includes(type);
  const marked = (type: string, status: ConditionStatus, because?: ConditionReason): Condition => ({
    ...made(type, status, because),
    ...(counts(type) || type === ready ? {} : { severity: "Info" as const }),
  });
  /** The dependent that decides Ready: the newest False, else the newest Unknown, else a missing one. */
  const decisive = (conditions: Conditions): Condition | undefined => {
    const ofSet = conditions.filter((condition) => counts(condition.type));
    const latestFirst = ofSet.sort((a, b) => compareTimes(b.lastTransitionTime, a.lastTransitionTime));
    const unhappy = latestFirst.find(({ status }) => status === "False") ?? latestFirst.find(isUnknown);
    return unhappy ?? (ofSet.length < dependents.length ? made(ready, "Unknown") : undefined);
  };
  const recomputed = (conditions: Conditions, type: string, at: string): Conditions => {
    const why = decisive(conditions);
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

// Info conditions (Active of a Revision, ActivatorEndpointsPopulated of a ServerlessService) are not in these sets.
export const serviceConditions = conditionSet("Ready", ["ConfigurationsReady", "RoutesReady"]);
export const configurationConditions = conditionSet("Ready", []);
export const routeConditions = conditionSet("Ready", ["AllTrafficAssigned", "IngressReady", "CertificateProvisioned"]);
export const revisionConditions = conditionSet("Ready", ["ResourcesAvailable", "ContainerHealthy"]);
export const domainMappingConditions = conditionSet("Ready", [
  "DomainClaimed",
  "ReferenceResolved",
  "IngressReady",
  "CertificateProvisioned",
]);
export const podAutoscalerConditions = conditionSet("Ready", ["Active", "ScaleTargetInitialized", "SKSReady"]);
export const serverlessServiceConditions = conditionSet("Ready", ["EndpointsPopulated"]);
export const ingressConditions = conditionSet("Ready", ["NetworkConfigured", "LoadBalancerReady"]);
export const metricConditions = conditionSet("Ready", []);
export const certificateConditions = conditionSet("Ready", []);
