// Writes the note in the row of a revision.
import type { Fault } from "../apis/faults/fault.ts";
import { debugOf } from "../apis/serving/debug.ts";
import { dirtyOf } from "../apis/serving/labels.ts";
import type { Revision } from "../apis/serving/types.ts";
import type { LiveRevision } from "../client/live.ts";

export interface NoteFacts {
  readonly readiness: "ready" | "failed" | "waiting";
  readonly figures: LiveRevision;
  /** Why the revision is not Ready. */
  readonly problem: string | undefined;
  /** Why its first pod does not start. */
  readonly podProblem: string | undefined;
  /** The injected faults that are on. */
  readonly faults: readonly Fault[];
}

export function revisionNote(revision: Revision, facts: NoteFacts): string {
  const debug = debugOf(revision.metadata);
  const state = debug ? `debugged at 127.0.0.1:${debug.port}` : stateText(facts);
  const dirty = dirtyOf(revision.metadata);
  const faults = facts.faults.map(({ kind }) => `fault ${kind}`);
  return [state, ...(dirty > 0 ? [`dirty +${dirty}`] : []), ...faults].join(" · ");
}

function stateText({ readiness, figures, problem, podProblem }: NoteFacts): string {
  const { waiting, ready, desired, inFlight } = figures;
  if (readiness === "failed") return problem ?? "";
  if (readiness === "waiting") return podProblem ?? "starting";
  if (waiting > 0) return `${waiting} wait`;
  return ready === 0 && desired <= 0 ? "idle" : `${inFlight} in flight`;
}
