// How a Configuration's status follows its Revisions. Source: pkg/apis/serving/v1/configuration_lifecycle.go.
import { configurationConditions } from "../meta/condition-sets.ts";
import { statusMarks } from "./status-lifecycle.ts";
import type { ConfigurationStatus } from "./types.ts";

const READY = configurationConditions.ready;
const FAILED = "RevisionFailed";
const marks = statusMarks<ConfigurationStatus>(configurationConditions);

/** The newest Revision is there; until it is ready the Configuration is not. */
export function markLatestCreatedRevision(status: ConfigurationStatus, name: string, at: string): ConfigurationStatus {
  const next = { ...status, latestCreatedRevisionName: name };
  return status.latestReadyRevisionName === name ? next : marks.asUnknown(next, READY, at);
}

/** The newest Revision that is ready. The Configuration is ready when that is also the newest one. */
export function markLatestReadyRevision(status: ConfigurationStatus, name: string, at: string): ConfigurationStatus {
  const next = { ...status, latestReadyRevisionName: name };
  return status.latestCreatedRevisionName === name ? marks.asTrue(next, READY, at) : next;
}

/** The newest Revision failed, in its own words. */
export function markLatestCreatedFailed(
  status: ConfigurationStatus,
  revision: string,
  why: string,
  at: string,
): ConfigurationStatus {
  const message = `Revision "${revision}" failed with message: ${why}.`;
  return marks.asFalse(status, READY, at, { reason: FAILED, message });
}

/** The Revision for this generation could not be made. */
export function markRevisionCreationFailed(status: ConfigurationStatus, why: string, at: string): ConfigurationStatus {
  const message = `Revision creation failed with message: ${why}.`;
  return marks.asFalse(status, READY, at, { reason: FAILED, message });
}
