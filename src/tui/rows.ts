// Makes the rows of the overview: Services, their revisions, and the pods of expanded Services.
import { isPodServing } from "../apis/core/pod.ts";
import type { Pod } from "../apis/core/types.ts";
import type { Condition } from "../apis/meta/conditions.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import { REVISION_LABEL, SERVICE_LABEL } from "../apis/serving/labels.ts";
import type { Revision, Service } from "../apis/serving/types.ts";
import type { LiveRevision } from "../client/live.ts";
import type { SessionModel } from "./session-model.ts";

export type Mark = "ready" | "failed" | "waiting";

/** One traffic target of a Service: desired and observed share. */
export interface TrafficCell {
  readonly name: string;
  readonly percent: number;
  /** Share of the recent requests; undefined: there were none. */
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
interface RevisionRow {
  readonly kind: "revision";
  readonly key: string;
  readonly name: string;
  readonly mark: Mark;
  readonly pods: string;
  readonly note: string;
  readonly traffic: TrafficCell | undefined;
}
interface PodRow {
  readonly kind: "pod";
  readonly key: string;
  readonly name: string;
  readonly mark: Mark;
  readonly note: string;
}
export type Row = ServiceRow | RevisionRow | PodRow;

/** Revisions shown for a Service that is not expanded. */
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

/** Shortens `hello-00003` of the Service `hello` to `00003`. */
function shortName(service: string, revision: string): string {
  return revision.startsWith(`${service}-`) ? revision.slice(service.length + 1) : revision;
}

function trafficOf(model: SessionModel, service: Stored<Service>): readonly TrafficCell[] {
  const { name } = service.metadata;
  const observed = model.live?.services[namespacedName(service.metadata)]?.observed ?? {};
  const total = Object.values(observed).reduce((sum, count) => sum + count, 0);
  return (service.status?.traffic ?? []).map(({ revisionName = "", percent = 0, tag }) => ({
    name: tag ?? shortName(name, revisionName),
    percent,
    observed: total === 0 ? undefined : (observed[revisionName] ?? 0) / total,
  }));
}

const podsText = ({ ready = 0, desired = 0 }: Partial<Pick<LiveRevision, "ready" | "desired">>): string =>
  `${ready}/${Math.max(desired, 0)}`;

/** Figures of a revision: load from the live report, ready pods and desired scale from the objects. */
function figures(model: SessionModel, revision: Stored<Revision>): LiveRevision {
  const key = namespacedName(revision.metadata);
  const live = model.live?.revisions[key] ?? { concurrency: 0, rps: 0, inFlight: 0, waiting: 0, sentence: "" };
  return {
    ...live,
    ready: podsOf(model, revision).filter(isPodServing).length,
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

function podsOf(model: SessionModel, revision: Stored<Revision>): readonly Stored<Pod>[] {
  const { namespace, name } = revision.metadata;
  return [...model.pods.values()]
    .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.[REVISION_LABEL] === name)
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

function revisionRow(model: SessionModel, revision: Stored<Revision>, traffic: TrafficCell | undefined): RevisionRow {
  const seen = figures(model, revision);
  const problem = problemOf(revision.status?.conditions);
  const mark = markOf(revision.status?.conditions);
  const waiting = seen.waiting > 0 ? `${seen.waiting} wait` : "";
  const idle = seen.ready === 0 && seen.desired <= 0 ? "idle" : `${seen.inFlight} in flight`;
  const note = mark === "failed" ? (problem ?? "") : mark === "waiting" ? "starting" : waiting || idle;
  return {
    kind: "revision",
    key: `revision ${namespacedName(revision.metadata)}`,
    name: revision.metadata.name,
    mark,
    pods: podsText(seen),
    note,
    traffic,
  };
}

function podRow(pod: Stored<Pod>): PodRow {
  const container = pod.status?.containerStatuses?.[0];
  const state =
    container?.state?.waiting?.reason ?? container?.state?.terminated?.reason ?? pod.status?.phase ?? "Pending";
  const restarts = container?.restartCount ? `, ${container.restartCount} restarts` : "";
  const note = pod.metadata.deletionTimestamp ? "Terminating" : `${state}${restarts}`;
  return {
    kind: "pod",
    key: `pod ${namespacedName(pod.metadata)}`,
    name: pod.metadata.name,
    mark: markOf(pod.status?.conditions as readonly Condition[]),
    note,
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
  const mark = markOf(service.status?.conditions);
  const named = (wanted: string | undefined) => revisions.find((revision) => revision.metadata.name === wanted);
  const newest = named(service.status?.latestCreatedRevisionName);
  const routed = named(service.status?.latestReadyRevisionName) ?? newest;
  return {
    kind: "service",
    key: `service ${namespacedName(service.metadata)}`,
    name,
    namespace,
    mark,
    pods: podsText({ ready: sum(({ ready }) => ready), desired: sum(({ desired }) => desired) }),
    history: model.history.get(namespacedName(service.metadata)) ?? [],
    concurrency: sum(({ concurrency }) => concurrency),
    rps: sum(({ rps }) => rps),
    mode: routed === undefined ? "" : figures(model, routed).mode,
    traffic,
    napping: mark === "ready" && sum(({ ready, desired }) => ready + Math.max(0, desired)) === 0,
    problem:
      mark === "failed" ? (problemOf(newest?.status?.conditions) ?? problemOf(service.status?.conditions)) : undefined,
  };
}

/** Returns the rows of the overview. `open`: keys of the Services whose revisions and pods are all shown. */
export function rowsOf(model: SessionModel, open: ReadonlySet<string>): readonly Row[] {
  const services = [...model.services.values()].sort((a, b) =>
    namespacedName(a.metadata) < namespacedName(b.metadata) ? -1 : 1,
  );
  return services.flatMap((service): readonly Row[] => {
    const revisions = revisionsOf(model, service);
    const traffic = trafficOf(model, service);
    const row = serviceRow(model, service, revisions, traffic[0]);
    const isOpen = open.has(row.key);
    // A single revision has the same figures as its Service, so it gets no row.
    const shown = isOpen ? revisions : revisions.length > 1 ? revisions.slice(0, SHOWN_REVISIONS) : [];
    const children = shown.flatMap((revision, index): readonly Row[] => [
      revisionRow(model, revision, traffic[index + 1]),
      ...(isOpen ? podsOf(model, revision).map(podRow) : []),
    ]);
    return [row, ...children];
  });
}

/** Returns the Service that a row belongs to: the row itself, or the nearest Service row above it. */
export function serviceOfRow(rows: readonly Row[], key: string | undefined): ServiceRow | undefined {
  const index = rows.findIndex((row) => row.key === key);
  return rows.slice(0, index + 1).findLast((row): row is ServiceRow => row.kind === "service");
}
