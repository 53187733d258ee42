// Knative's condition, as it stands in status.conditions (sorted by type).

export type ConditionStatus = "True" | "False" | "Unknown";

export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  /** Absent means Error: the condition counts for Ready. Info ones never do. */
  readonly severity?: "Info";
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

/** The part of a status that every Knative kind has (duck type `duckv1.Status`). */
export interface ConditionedStatus {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly annotations?: Readonly<Record<string, string>>;
}
