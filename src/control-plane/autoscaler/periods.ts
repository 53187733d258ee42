// Defines the periods of the autoscaler. Knative's ConfigMaps have no settings for these periods.

/** How often statistics are collected. @see pkg/autoscaler/metrics/collector.go */
export const COLLECT_EVERY_MS = 1000;
/** How often a decider is evaluated, counted from its creation. @see pkg/autoscaler/scaling/multiscaler.go */
export const DECIDE_EVERY_MS = 2000;
