// Objects → rows of the overview: a tree of Services, their revisions, and the pods of what is open. Pure.

import { isPodServing } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import type { Condition } from "../apis/meta/condition.ts";
import type { Revision, Service } from "../apis/serving/types.ts";
import type { LiveRevision } from "../client/live.ts";
import { keyOfObject, type World } from "./world.ts";

export type Mark = "ready" | "failed" | "waiting";

/** One target of a Service's traffic: what was asked for, and what was seen. */
export interface TrafficCell {
  readonly name: string;
  readonly percent: number;
  /** Share of the requests seen lately; undefined: none were seen. */
  readonly observed: number | undefined;
}

export interface ServiceRow {
  readonly kind: "service";
  readonly key: string;
  readonly name: string;
  readonly namespace: string;
  readonly mark: Mark;
  readonly pods: string;
  readonly history: readonly number[];
  readonly concurrency: number;
  readonly rps: number;
  readonly mode: string;
  readonly traffic: TrafficCell | undefined;
  readonly napping: boolean;
  /** Why it is not Ready, in one line. */
  readonly problem: string | undefined;
}
export interface RevisionRow {
  readonly kind: "revision";
  readonly key: string;
  readonly name: string;
  readonly mark: Mark;
  readonly pods: string;
  readonly note: string;
  readonly traffic: TrafficCell | undefined;
}
export interface PodRow {
  readonly kind: "pod";
  readonly key: string;
  readonly name: string;
  readonly mark: Mark;
  readonly note: string;
}
export type Row = ServiceRow | RevisionRow | PodRow;

const SERVICE_LABEL = "serving.knative.dev/service";
const REVISION_LABEL = "serving.knative.dev/revision";
/** Revisions shown of a Service that is not open. */
const SHOWN_REVISIONS = 3;

function markOf(conditions: readonly Pick<Condition, "type" | "status">[] = []): Mark {
  const status = conditions.find(({ type }) => type === "Ready")?.status;
  return status === "True" ? "ready" : status === "False" ? "failed" : "waiting";
}

function problemOf(conditions: readonly Condition[] = []): string | undefined {
  const failing = conditions.filter(({ status, severity }) => status === "False" && severity === undefined);
  const deepest = failing.find(({ type }) => type !== "Ready") ?? failing[0];
  return deepest && [deepest.reason, deepest.message].filter(Boolean).join(": ");
}

/** `hello-00003` of `hello` → `00003`. */
function shortName(service: string, revision: string): string {
  return revision.startsWith(`${service}-`) ? revision.slice(service.length + 1) : revision;
}

function trafficOf(world: World, service: Service): readonly TrafficCell[] {
  const { namespace = "", name } = service.metadata;
  const observed = world.live?.services[`${namespace}/${name}`]?.observed ?? {};
  const total = Object.values(observed).reduce((sum, count) => sum + count, 0);
  return (service.status?.traffic ?? []).map(({ revisionName = "", percent = 0, tag }) => ({
    name: tag ?? shortName(name, revisionName),
    percent,
    observed: total === 0 ? undefined : (observed[revisionName] ?? 0) / total,
  }));
}

const podsText = ({ ready = 0, desired = 0 }: Partial<Pick<LiveRevision, "ready" | "desired">>): string =>
  `${ready}/${Math.max(desired, 0)}`;

/** Figures of a revision: load from the live report, pods and bounds-checked wish from the objects themselves. */
function figures(world: World, revision: Revision): LiveRevision {
  const key = keyOfObject(revision);
  const live = world.live?.revisions[key] ?? { concurrency: 0, rps: 0, inFlight: 0, waiting: 0, sentence: "" };
  return {
    ...live,
    ready: podsOf(world, revision).filter(isPodServing).length,
    desired: world.scalers.get(key)?.status?.desiredScale ?? revision.status?.desiredReplicas ?? 0,
    mode: world.doors.get(key)?.spec.mode ?? "",
  };
}

function revisionsOf(world: World, service: Service): readonly Revision[] {
  const { namespace, name } = service.metadata;
  return [...world.revisions.values()]
    .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[SERVICE_LABEL] === name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1));
}

function podsOf(world: World, revision: Revision): readonly Pod[] {
  const { namespace, name } = revision.metadata;
  return [...world.pods.values()]
    .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[REVISION_LABEL] === name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function revisionRow(world: World, revision: Revision, traffic: TrafficCell | undefined): RevisionRow {
  const seen = figures(world, revision);
  const problem = problemOf(revision.status?.conditions);
  const mark = markOf(revision.status?.conditions);
  const waiting = seen.waiting > 0 ? `${seen.waiting} wait` : "";
  const idle = seen.ready === 0 && seen.desired <= 0 ? "idle" : `${seen.inFlight} in flight`;
  const note = mark === "failed" ? (problem ?? "") : mark === "waiting" ? "starting" : waiting || idle;
  return {
    kind: "revision",
    key: `revision ${keyOfObject(revision)}`,
    name: revision.metadata.name,
    mark,
    pods: podsText(seen),
    note,
    traffic,
  };
}

function podRow(pod: Pod): PodRow {
  const container = pod.status?.containerStatuses?.[0];
  const state =
    container?.state?.waiting?.reason ?? container?.state?.terminated?.reason ?? pod.status?.phase ?? "Pending";
  const restarts = container?.restartCount ? `, ${container.restartCount} restarts` : "";
  const note = pod.metadata.deletionTimestamp ? "Terminating" : `${state}${restarts}`;
  return {
    kind: "pod",
    key: `pod ${keyOfObject(pod)}`,
    name: pod.metadata.name,
    mark: markOf(pod.status?.conditions as readonly Condition[]),
    note,
  };
}

function serviceRow(
  world: World,
  service: Service,
  revisions: readonly Revision[],
  traffic: TrafficCell | undefined,
): ServiceRow {
  const all = revisions.map((revision) => figures(world, revision));
  const sum = (pick: (one: LiveRevision) => number) => all.reduce((total, one) => total + Math.max(0, pick(one)), 0);
  const { namespace = "", name } = service.metadata;
  const mark = markOf(service.status?.conditions);
  const named = (wanted: string | undefined) => revisions.find((revision) => revision.metadata.name === wanted);
  const newest = named(service.status?.latestCreatedRevisionName);
  const routed = named(service.status?.latestReadyRevisionName) ?? newest;
  return {
    kind: "service",
    key: `service ${keyOfObject(service)}`,
    name,
    namespace,
    mark,
    pods: podsText({ ready: sum(({ ready }) => ready), desired: sum(({ desired }) => desired) }),
    history: world.history.get(keyOfObject(service)) ?? [],
    concurrency: sum(({ concurrency }) => concurrency),
    rps: sum(({ rps }) => rps),
    mode: routed === undefined ? "" : figures(world, routed).mode,
    traffic,
    napping: mark === "ready" && sum(({ ready, desired }) => ready + Math.max(0, desired)) === 0,
    problem:
      mark === "failed" ? (problemOf(newest?.status?.conditions) ?? problemOf(service.status?.conditions)) : undefined,
  };
}

/** The rows of the overview, top to bottom. `open`: keys of the Services whose every revision and pod is shown. */
export function rowsOf(world: World, open: ReadonlySet<string>): readonly Row[] {
  const services = [...world.services.values()].sort((a, b) => (keyOfObject(a) < keyOfObject(b) ? -1 : 1));
  return services.flatMap((service): readonly Row[] => {
    const revisions = revisionsOf(world, service);
    const traffic = trafficOf(world, service);
    const row = serviceRow(world, service, revisions, traffic[0]);
    const isOpen = open.has(row.key);
    // A single revision says nothing that its Service does not say already.
    const shown = isOpen ? revisions : revisions.length > 1 ? revisions.slice(0, SHOWN_REVISIONS) : [];
    const children = shown.flatMap((revision, index): readonly Row[] => [
      revisionRow(world, revision, traffic[index + 1]),
      ...(isOpen ? podsOf(world, revision).map(podRow) : []),
    ]);
    return [row, ...children];
  });
}

/** The Service that a row belongs to: itself, or the one above it. */
export function serviceOfRow(rows: readonly Row[], key: string | undefined): ServiceRow | undefined {
  const index = rows.findIndex((row) => row.key === key);
  return rows.slice(0, index + 1).findLast((row): row is ServiceRow => row.kind === "service");
}
