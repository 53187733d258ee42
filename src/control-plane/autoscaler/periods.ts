// The periods of the autoscaler. Knative has no setting for them.

/** The period of collecting statistics (pkg/autoscaler/metrics/collector.go). */
export const COLLECT_EVERY_MS = 1000;
/** The period of a decider's evaluations, counted from its creation (pkg/autoscaler/scaling/multiscaler.go). */
export const DECIDE_EVERY_MS = 2000;
