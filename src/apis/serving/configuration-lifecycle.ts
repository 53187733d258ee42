// Changes the status of a Configuration. Source: pkg/apis/serving/v1/configuration_lifecycle.go.
import { conditionOf, configurationConditions } from "../meta/conditions.ts";
import { makeStatusConditions } from "./status-conditions.ts";
import type { ConfigurationStatus } from "./types.ts";

const READY = configurationConditions.ready;
const FAILED = "RevisionFailed";
/** knap's own reason: Knative has no such state. */
const HELD = "Debugging";
const conditions = makeStatusConditions<ConfigurationStatus>(configurationConditions);

/** Records the newest Revision. The Configuration becomes Ready Unknown until that Revision is ready. */
export function markLatestCreatedRevision(status: ConfigurationStatus, name: string, at: string): ConfigurationStatus {
  const next = { ...status, latestCreatedRevisionName: name };
  return status.latestReadyRevisionName === name ? next : conditions.markUnknown(next, READY, at);
}

/** Records the newest ready Revision. The Configuration is ready if the newest of all Revisions is ready. */
export function markLatestReadyRevision(status: ConfigurationStatus, name: string, at: string): ConfigurationStatus {
  const next = { ...status, latestReadyRevisionName: name };
  return status.latestCreatedRevisionName === name ? conditions.markTrue(next, READY, at) : next;
}

/** Called when the newest Revision failed. `why` is the message of its Ready condition. */
export function markLatestCreatedFailed(
  status: ConfigurationStatus,
  revision: string,
  why: string,
  at: string,
): ConfigurationStatus {
  const message = `Revision "${revision}" failed with message: ${why}.`;
  return conditions.markFalse(status, READY, at, { reason: FAILED, message });
}

/** Creating the Revision of this generation failed. */
export function markRevisionCreationFailed(status: ConfigurationStatus, why: string, at: string): ConfigurationStatus {
  const message = `Revision creation failed with message: ${why}.`;
  return conditions.markFalse(status, READY, at, { reason: FAILED, message });
}

/** The newest Revision is ready, but `debugged` keeps the traffic until its debugging ends. */
export function markRolloutHeld(status: ConfigurationStatus, debugged: string, at: string): ConfigurationStatus {
  const { latestCreatedRevisionName: newest } = status;
  const message = `Revision "${newest}" gets traffic when debugging of Revision "${debugged}" ends.`;
  return conditions.markUnknown(status, READY, at, { reason: HELD, message });
}

export function isRolloutHeld(status: ConfigurationStatus | undefined): boolean {
  return conditionOf(status?.conditions, READY)?.reason === HELD;
}
