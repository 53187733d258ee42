// The two heartbeats of the autoscaler, neither of which Knative lets anybody configure.

/** Between two collections of statistics (pkg/autoscaler/metrics/collector.go). */
export const COLLECT_EVERY_MS = 1000;
/** Between two decisions of a decider, counted from its creation (pkg/autoscaler/scaling/multiscaler.go). */
export const DECIDE_EVERY_MS = 2000;
