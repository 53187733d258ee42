// Makes the rows of the overview: Services, their revisions, and the pods of expanded Services.

import type { RevisionKey } from "../apis/autoscaling/types.ts";
import { isPodServing } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import { concerns, type Fault, type FaultTarget } from "../apis/faults/fault.ts";
import type { Condition } from "../apis/meta/conditions.ts";
import { namespacedName, parseNamespacedName } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import { debugOf } from "../apis/serving/debug.ts";
import { dirtyOf, REVISION_LABEL, SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { Revision, Service, TrafficTarget } from "../apis/serving/types.ts";
import type { LiveRevision } from "../client/live.ts";
import { podNote, podTrouble } from "./pod-note.ts";
import { revisionNote } from "./revision-note.ts";
import type { SessionModel } from "./session-model.ts";

/** The Ready condition of a row's object. */
export type ReadyState = "ready" | "failed" | "waiting";

/** The traffic of a revision: desired and observed share. */
export interface TrafficCell {
  /** A tag of the revision, or its name. */
  readonly name: string;
  readonly percent: number;
  /** Share of the recent requests; undefined without recent requests. */
  readonly observed: number | undefined;
}

export interface ServiceRow {
  readonly kind: "service";
  readonly key: string;
  readonly name: string;
  readonly namespace: string;
  readonly readiness: ReadyState;
  readonly pods: string;
  readonly history: readonly number[];
  readonly concurrency: number;
  readonly rps: number;
  readonly mode: string;
  readonly traffic: TrafficCell | undefined;
  readonly napping: boolean;
  /** Why the Service is not Ready, in one line. */
  readonly problem: string | undefined;
  /** The step of the build that runs now; "" before the first one. */
  readonly building: string | undefined;
  readonly debugged: boolean;
  /** Injected faults are on. */
  readonly faulty: boolean;
}
interface RevisionRow {
  readonly kind: "revision";
  readonly key: string;
  readonly name: string;
  /** `namespace/name` */
  readonly revision: RevisionKey;
  readonly readiness: ReadyState;
  readonly pods: string;
  readonly note: string;
  readonly traffic: TrafficCell | undefined;
  readonly debugged: boolean;
  readonly faulty: boolean;
}
interface PodRow {
  readonly kind: "pod";
  readonly key: string;
  readonly name: string;
  /** `namespace/name` of its revision. */
  readonly revision: RevisionKey;
  readonly readiness: ReadyState;
  readonly note: string;
}
export type Row = ServiceRow | RevisionRow | PodRow;

/** A Service that is not expanded shows this many revisions, or all that get traffic. */
const SHOWN_REVISIONS = 3;

function readinessOf(conditions: readonly Pick<Condition, "type" | "status">[] = []): ReadyState {
  const status = conditions.find(({ type }) => type === "Ready")?.status;
  return status === "True" ? "ready" : status === "False" ? "failed" : "waiting";
}

function problemOf(conditions: readonly Condition[] = []): string | undefined {
  const failing = conditions.filter(({ status, severity }) => status === "False" && severity === undefined);
  const deepest = failing.find(({ type }) => type !== "Ready") ?? failing[0];
  return deepest && [deepest.reason, deepest.message].filter(Boolean).join(": ");
}

/** Shortens `hello-00003` of the Service `hello` to `00003`. */
function shortName(service: string, revision: string): string {
  return revision.startsWith(`${service}-`) ? revision.slice(service.length + 1) : revision;
}

/** Returns the traffic of each revision that the Service routes to, by the revision's name. */
function trafficOf(model: SessionModel, service: Stored<Service>): ReadonlyMap<string, TrafficCell> {
  const observed = model.live?.services[namespacedName(service.metadata)]?.observed ?? {};
  const total = Object.values(observed).reduce((sum, count) => sum + count, 0);
  const cells = new Map<string, TrafficCell>();
  for (const { revisionName = "", tag, percent = 0 } of service.status?.traffic ?? []) {
    const known = cells.get(revisionName);
    cells.set(revisionName, {
      name: tag ?? known?.name ?? shortName(service.metadata.name, revisionName),
      percent: (known?.percent ?? 0) + percent,
      observed: total === 0 ? undefined : (observed[revisionName] ?? 0) / total,
    });
  }
  return cells;
}

const podsText = ({ ready = 0, desired = 0 }: Partial<Pick<LiveRevision, "ready" | "desired">>): string =>
  `${ready}/${Math.max(desired, 0)}`;

/** Figures of a revision: load from the live report, ready pods and desired scale from the objects. */
function figures(model: SessionModel, revision: Stored<Revision>): LiveRevision {
  const key = namespacedName(revision.metadata);
  const live = model.live?.revisions[key] ?? { concurrency: 0, rps: 0, inFlight: 0, waiting: 0, sentence: "" };
  return {
    ...live,
    ready: podsOf(model, revision.metadata).filter(isPodServing).length,
    desired: model.podAutoscalers.get(key)?.status?.desiredScale ?? revision.status?.desiredReplicas ?? 0,
    mode: model.serverlessServices.get(key)?.spec.mode ?? "",
  };
}

function revisionsOf(model: SessionModel, service: Stored<Service>): readonly Stored<Revision>[] {
  const { namespace, name } = service.metadata;
  return [...model.revisions.values()]
    .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[SERVICE_LABEL] === name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? 1 : -1));
}

function podsOf(
  model: SessionModel,
  revision: { readonly namespace: string; readonly name: string },
): readonly Stored<Pod>[] {
  const { namespace, name } = revision;
  return [...model.pods.values()]
    .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[REVISION_LABEL] === name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function revisionRow(model: SessionModel, revision: Stored<Revision>, traffic: TrafficCell | undefined): RevisionRow {
  const seen = figures(model, revision);
  const readiness = readinessOf(revision.status?.conditions);
  const key = namespacedName(revision.metadata);
  const { namespace, name, labels } = revision.metadata;
  const faults = faultsOf(model, { namespace, service: labels?.[SERVICE_LABEL], revision: name });
  return {
    kind: "revision",
    key: `revision ${key}`,
    name: revision.metadata.name,
    revision: key,
    readiness,
    pods: podsText(seen),
    note: revisionNote(revision, {
      readiness,
      figures: seen,
      problem: problemOf(revision.status?.conditions),
      podProblem: podProblem(model, key),
      faults,
    }),
    traffic,
    debugged: debugOf(revision.metadata) !== undefined,
    faulty: faults.length > 0,
  };
}

function faultsOf({ live }: SessionModel, target: FaultTarget): readonly Fault[] {
  return (live?.faults ?? []).filter((fault) => concerns(fault, target));
}

/** Returns why the first pod of a revision that is not ready does not start, for example which probe fails. */
export function podProblem(model: SessionModel, revision: RevisionKey): string | undefined {
  const pods = podsOf(model, parseNamespacedName(revision));
  return pods.filter((pod) => !isPodServing(pod)).flatMap((pod) => podTrouble(pod) ?? [])[0];
}

function podRow(pod: Stored<Pod>): PodRow {
  const { namespace, name, labels, deletionTimestamp } = pod.metadata;
  return {
    kind: "pod",
    key: `pod ${namespacedName(pod.metadata)}`,
    name,
    revision: namespacedName({ namespace, name: labels?.[REVISION_LABEL] ?? "" }),
    readiness: readinessOf(pod.status?.conditions),
    note: deletionTimestamp ? "Terminating" : podNote(pod),
  };
}

function serviceRow(
  model: SessionModel,
  service: Stored<Service>,
  revisions: readonly Stored<Revision>[],
  traffic: TrafficCell | undefined,
): ServiceRow {
  const all = revisions.map((revision) => figures(model, revision));
  const sum = (pick: (figures: LiveRevision) => number) =>
    all.reduce((total, each) => total + Math.max(0, pick(each)), 0);
  const { namespace, name } = service.metadata;
  const readiness = readinessOf(service.status?.conditions);
  const named = (wanted: string | undefined) => revisions.find((revision) => revision.metadata.name === wanted);
  const newest = named(service.status?.latestCreatedRevisionName);
  const routed = named(service.status?.latestReadyRevisionName) ?? newest;
  return {
    kind: "service",
    key: `service ${namespacedName(service.metadata)}`,
    name,
    namespace,
    readiness,
    pods: podsText({ ready: sum(({ ready }) => ready), desired: sum(({ desired }) => desired) }),
    history: model.history.get(namespacedName(service.metadata)) ?? [],
    concurrency: sum(({ concurrency }) => concurrency),
    rps: sum(({ rps }) => rps),
    mode: routed === undefined ? "" : figures(model, routed).mode,
    traffic,
    napping: readiness === "ready" && sum(({ ready, desired }) => ready + Math.max(0, desired)) === 0,
    problem:
      readiness === "failed"
        ? (problemOf(newest?.status?.conditions) ?? problemOf(service.status?.conditions))
        : undefined,
    building: model.live?.builds?.[namespacedName(service.metadata)],
    debugged: revisions.some(({ metadata }) => debugOf(metadata)),
    faulty: faultsOf(model, { namespace, service: name }).length > 0,
  };
}

/**
 * Returns the Revisions that get a row. A single Revision has the same figures as its Service, so it gets a row only if
 * its files differ from its image.
 */
function shownRevisions(
  revisions: readonly Stored<Revision>[],
  traffic: ReadonlyMap<string, TrafficCell>,
): readonly Stored<Revision>[] {
  if (revisions.length < 2) return revisions.filter(({ metadata }) => dirtyOf(metadata) > 0);
  return revisions.filter(({ metadata }, index) => index < SHOWN_REVISIONS || traffic.has(metadata.name));
}

/**
 * Returns the revision that a row is about. For a Service this is the revision with the most waiting requests, else the
 * one with the most traffic, else the latest one.
 */
export function revisionOfRow(model: SessionModel, row: Row | undefined): RevisionKey | undefined {
  if (row?.kind !== "service") return row?.revision;
  const { namespace } = row;
  const {
    traffic = [],
    latestReadyRevisionName,
    latestCreatedRevisionName,
  } = model.services.get(namespacedName(row))?.status ?? {};
  const waiting = ({ revisionName: name = "" }: TrafficTarget): number =>
    model.live?.revisions[namespacedName({ namespace, name })]?.waiting ?? 0;
  const [target] = traffic.toSorted((a, b) => waiting(b) - waiting(a) || (b.percent ?? 0) - (a.percent ?? 0));
  const name = target?.revisionName ?? latestReadyRevisionName ?? latestCreatedRevisionName;
  return name === undefined ? undefined : namespacedName({ namespace, name });
}

/** Returns the rows of the overview. `open`: keys of the Services whose revisions and pods are all shown. */
export function rowsOf(model: SessionModel, open: ReadonlySet<string>): readonly Row[] {
  const services = [...model.services.values()].sort((a, b) =>
    namespacedName(a.metadata) < namespacedName(b.metadata) ? -1 : 1,
  );
  return services.flatMap((service): readonly Row[] => {
    const revisions = revisionsOf(model, service);
    const traffic = trafficOf(model, service);
    const [largest] = [...traffic.values()].sort((a, b) => b.percent - a.percent);
    const row = serviceRow(model, service, revisions, largest);
    const isOpen = open.has(row.key);
    const shown = isOpen ? revisions : shownRevisions(revisions, traffic);
    const children = shown.flatMap((revision): readonly Row[] => [
      revisionRow(model, revision, traffic.get(revision.metadata.name)),
      ...(isOpen ? podsOf(model, revision.metadata).map(podRow) : []),
    ]);
    return [row, ...children];
  });
}

/** Returns the Service that a row belongs to: the row itself, or the nearest Service row above it. */
export function serviceOfRow(rows: readonly Row[], key: string | undefined): ServiceRow | undefined {
  const index = rows.findIndex((row) => row.key === key);
  return rows.slice(0, index + 1).findLast((row): row is ServiceRow => row.kind === "service");
}
