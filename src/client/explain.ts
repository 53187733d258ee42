// Reads why a revision has its scale, from `GET /explain` of the API group knap.dev.
import type { Service } from "../apis/serving/types.ts";
import type { Client } from "./client.ts";

/** One decision of the autoscaler. */
export interface Decision {
  /** RFC 3339. */
  readonly time: string;
  readonly source: "traffic" | "bounds" | "hpa";
  readonly rule: string;
  /** Absent: not decided yet. */
  readonly desired?: number;
  readonly ready?: number;
  readonly stable?: number;
  readonly panic?: number;
  /** The inputs of the rule; for the HPA class: metric, measured, target, wanted. */
  readonly facts?: Readonly<Record<string, number | string | boolean>>;
}

export interface Explanation {
  readonly revision: string;
  /** Why the revision has its present scale. */
  readonly sentence: string;
  /** The last decisions, oldest first. */
  readonly decisions: readonly Decision[];
}

export function readExplanation(client: Client, namespace: string, revision: string): Promise<Explanation> {
  return client.knap<Explanation>("GET", `/explain?${new URLSearchParams({ namespace, revision })}`);
}

/** Returns the names of the revisions of a Service: first those that get traffic, then the newest. */
export function shownRevisions({ status = {} }: Service): readonly string[] {
  const routed = (status.traffic ?? []).map(({ revisionName }) => revisionName);
  return [...new Set([...routed, status.latestCreatedRevisionName])].filter((each) => each !== undefined);
}
