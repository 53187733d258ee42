// Resolves a Route's traffic targets to revisions and groups them by tag.
// Source: pkg/reconciler/route/traffic/traffic.go.
import type { Stored } from "../../../apis/meta/object.ts";
import { CONFIGURATION_LABEL, SERVICE_LABEL } from "../../../apis/serving/labels.ts";
import type { Configuration, Revision, Route, TrafficTarget } from "../../../apis/serving/types.ts";
import type { View } from "../../store/view.ts";
import { protocolOf } from "../revision/revision-parts.ts";

/** The group of the Route's own name. Each tag has another group. */
export const DEFAULT_TAG = "";

export interface RevisionTarget {
  readonly tag: string;
  readonly revisionName: string;
  /** The Configuration of the revision, or "". */
  readonly configurationName: string;
  readonly latestRevision: boolean;
  readonly percent: number;
  readonly protocol: "http1" | "h2c";
}
/** Why traffic cannot be assigned. If `failed` is false, the Route waits until a revision is ready. */
interface TrafficProblem {
  readonly failed: boolean;
  readonly reason: "ConfigurationMissing" | "RevisionMissing" | "RevisionNotOwned";
  readonly message: string;
}
export interface Traffic {
  /** The targets of each tag, merged by revision. A single target gets 100 percent. */
  readonly groups: ReadonlyMap<string, readonly RevisionTarget[]>;
  /** The entries of status.traffic in the order of the spec. Entries with equal tag, revision and kind are merged. */
  readonly targets: readonly RevisionTarget[];
  readonly problem?: TrafficProblem;
}

/** Resolves all targets. Reports the first problem, or the last one with `failed`. */
export function flattenTraffic(route: Stored<Route>, view: View): Traffic {
  const flat: RevisionTarget[] = [];
  let problem: TrafficProblem | undefined;
  for (const target of route.spec.traffic ?? []) {
    const found = resolve(target, route, view);
    if (!found) continue;
    if (!("message" in found)) flat.push(found);
    else if (problem === undefined || found.failed) problem = found;
  }
  if (problem) return { groups: new Map(), targets: [], problem };
  const tags = new Set([DEFAULT_TAG, ...flat.map(({ tag }) => tag)]);
  const groups = new Map([...tags].sort().map((tag) => [tag, shareOut(flat, tag)]));
  return { groups, targets: merge(flat, sameStatusEntry) };
}

function shareOut(flat: readonly RevisionTarget[], tag: string): readonly RevisionTarget[] {
  const group = tag === DEFAULT_TAG ? flat : flat.filter((target) => target.tag === tag);
  const merged = merge(group, (a, b) => a.revisionName === b.revisionName);
  return merged.length === 1 ? merged.map((target) => ({ ...target, percent: 100 })) : merged;
}

function sameStatusEntry(a: RevisionTarget, b: RevisionTarget): boolean {
  return a.tag === b.tag && a.revisionName === b.revisionName && a.latestRevision === b.latestRevision;
}

function merge(
  targets: readonly RevisionTarget[],
  same: (a: RevisionTarget, b: RevisionTarget) => boolean,
): readonly RevisionTarget[] {
  const merged: RevisionTarget[] = [];
  for (const target of targets) {
    const index = merged.findIndex((other) => same(other, target));
    const other = merged[index];
    if (other) merged[index] = { ...other, percent: other.percent + target.percent };
    else merged.push(target);
  }
  return merged;
}

function resolve(target: TrafficTarget, route: Stored<Route>, view: View): RevisionTarget | TrafficProblem | undefined {
  const namespace = route.metadata.namespace;
  if (target.revisionName) {
    const revision = view.get("Revision.serving.knative.dev", namespace, target.revisionName);
    if (!revision) return missing("Revision", target.revisionName);
    const problem = foreign(revision, route) ?? unready(revision);
    if (problem) return problem;
    const name = revision.metadata.labels?.[CONFIGURATION_LABEL];
    const isLost = name && !view.get("Configuration.serving.knative.dev", namespace, name);
    return isLost ? missing("Configuration", name) : flatten(target, revision, name ?? "");
  }
  if (!target.configurationName) return undefined;
  const configuration = view.get("Configuration.serving.knative.dev", namespace, target.configurationName);
  if (!configuration) return missing("Configuration", target.configurationName);
  const latest = configuration.status?.latestReadyRevisionName;
  if (!latest) return withoutReadyRevision(configuration);
  const revision = view.get("Revision.serving.knative.dev", namespace, latest);
  if (!revision) return missing("Revision", latest);
  return unready(revision) ?? flatten(target, revision, target.configurationName);
}

function flatten(target: TrafficTarget, revision: Stored<Revision>, configurationName: string): RevisionTarget {
  return {
    tag: target.tag ?? DEFAULT_TAG,
    revisionName: revision.metadata.name,
    configurationName,
    latestRevision: target.latestRevision ?? false,
    percent: target.percent ?? 0,
    protocol: protocolOf(revision),
  };
}

function missing(kind: "Configuration" | "Revision", name: string): TrafficProblem {
  return { failed: true, reason: `${kind}Missing`, message: `${kind} "${name}" referenced in traffic not found.` };
}

function withoutReadyRevision(configuration: Stored<Configuration>): TrafficProblem {
  const { name } = configuration.metadata;
  const failed = readyStatus(configuration) === "False";
  const message = failed
    ? `Configuration "${name}" does not have any ready Revision.`
    : `Configuration "${name}" is waiting for a Revision to become ready.`;
  return { failed, reason: "RevisionMissing", message };
}

function unready(revision: Stored<Revision>): TrafficProblem | undefined {
  const { name, generation } = revision.metadata;
  const status = readyStatus(revision);
  if (status === "True" && revision.status?.observedGeneration === generation) return undefined;
  const failed = status === "False";
  const message = failed ? `Revision "${name}" failed to become ready.` : `Revision "${name}" is not yet ready.`;
  return { failed, reason: "RevisionMissing", message };
}

/** Refuses a target outside of the Service: a Route of a Service can refer only to revisions of that Service. */
function foreign(revision: Stored<Revision>, route: Stored<Route>): TrafficProblem | undefined {
  const ours = route.metadata.labels?.[SERVICE_LABEL];
  const theirs = revision.metadata.labels?.[SERVICE_LABEL];
  if (!ours || ours === theirs) return undefined;
  const { name } = revision.metadata;
  const message = theirs
    ? `Revision "${name}" belongs to Service "${theirs}", not Service "${ours}".`
    : `Revision "${name}" does not belong to Service "${ours}".`;
  return { failed: true, reason: "RevisionNotOwned", message };
}

function readyStatus({ status }: Configuration | Revision): string | undefined {
  return status?.conditions?.find(({ type }) => type === "Ready")?.status;
}
