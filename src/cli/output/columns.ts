// What `get` shows of each kind: the printer columns of Knative's CRDs, and kubectl's own for built-in kinds. Pure.
import type { Kind } from "../../apis/kinds.ts";
import type { Condition } from "../../apis/meta/condition.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Time } from "../../base/clock.ts";
import { parseTime } from "../../base/time.ts";
import { ageText } from "./age.ts";
import { podCells, podHeaders } from "./pod-columns.ts";

/** The cells of one object after NAME. `wide` ones are shown with `-o wide` only. */
export interface Columns {
  readonly headers: readonly string[];
  cells(object: AnyObject, now: Time): readonly string[];
  readonly wide?: { readonly headers: readonly string[]; cells(object: AnyObject): readonly string[] };
}

type Fields = Readonly<Record<string, unknown>>;
const statusOf = (object: AnyObject): Fields => (object.status ?? {}) as Fields;
const specOf = (object: AnyObject): Fields => (object.spec ?? {}) as Fields;
const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

/** The Ready condition of any Knative object. */
export function readyOf(object: AnyObject): Condition | undefined {
  const conditions = statusOf(object)["conditions"] as readonly Condition[] | undefined;
  return conditions?.find(({ type }) => type === "Ready");
}

/** AGE of an object. */
export function ageOf(object: AnyObject, now: Time): string {
  const born = parseTime(object.metadata.creationTimestamp ?? "");
  return born === undefined ? "<unknown>" : ageText(now - born);
}

const ready = (object: AnyObject): readonly string[] => [text(readyOf(object)?.status), text(readyOf(object)?.reason)];
const status = (object: AnyObject, ...names: readonly string[]) => names.map((name) => text(statusOf(object)[name]));
const aged = (headers: readonly string[], cells: (object: AnyObject) => readonly string[]): Columns => ({
  headers: [...headers, "AGE"],
  cells: (object, now) => [...cells(object), ageOf(object, now)],
});
const knative = (headers: readonly string[], cells: (object: AnyObject) => readonly string[]): Columns => ({
  headers: [...headers, "READY", "REASON"],
  cells: (object) => [...cells(object), ...ready(object)],
});
const LATEST = ["LATESTCREATED", "LATESTREADY"];
const latest = (object: AnyObject) => status(object, "latestCreatedRevisionName", "latestReadyRevisionName");
const keyCount = (object: AnyObject): string => String(Object.keys((object as { data?: object }).data ?? {}).length);

const revision: Columns = {
  headers: ["CONFIG NAME", "GENERATION", "READY", "REASON", "ACTUAL REPLICAS", "DESIRED REPLICAS"],
  cells: (object) => {
    const labels = object.metadata.labels ?? {};
    return [
      text(labels["serving.knative.dev/configuration"]),
      text(labels["serving.knative.dev/configurationGeneration"]),
      ...ready(object),
      ...status(object, "actualReplicas", "desiredReplicas"),
    ];
  },
};
const deployment = aged(["READY", "UP-TO-DATE", "AVAILABLE"], (object) => [
  `${statusOf(object)["readyReplicas"] ?? 0}/${specOf(object)["replicas"] ?? 0}`,
  text(statusOf(object)["updatedReplicas"] ?? 0),
  text(statusOf(object)["availableReplicas"] ?? 0),
]);
const coreService = aged(["TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)"], (object) => {
  const spec = specOf(object);
  const ports = (spec["ports"] ?? []) as readonly { port: number; nodePort?: number; protocol?: string }[];
  const shown = ports.map(
    ({ port, nodePort, protocol = "TCP" }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`,
  );
  return [
    text(spec["type"] ?? "ClusterIP"),
    text(spec["clusterIP"] ?? "<none>"),
    text(spec["externalName"] ?? "<none>"),
    shown.join(",") || "<none>",
  ];
});
const endpoints = aged(["ENDPOINTS"], (object) => {
  const subsets = ((object as { subsets?: unknown }).subsets ?? []) as readonly {
    addresses?: readonly { ip: string }[];
    ports?: readonly { port: number }[];
  }[];
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => ports.map(({ port }) => `${ip}:${port}`)),
  );
  return [all.length > 3 ? `${all.slice(0, 3).join(",")} + ${all.length - 3} more...` : all.join(",") || "<none>"];
});

const byKind: { readonly [K in Kind]?: Columns } = {
  "Service.serving.knative.dev": knative(["URL", ...LATEST], (object) => [...status(object, "url"), ...latest(object)]),
  "Configuration.serving.knative.dev": knative(LATEST, latest),
  "Route.serving.knative.dev": knative(["URL"], (object) => status(object, "url")),
  "DomainMapping.serving.knative.dev": knative(["URL"], (object) => status(object, "url")),
  "Revision.serving.knative.dev": revision,
  "PodAutoscaler.autoscaling.internal.knative.dev": knative(["DESIREDSCALE", "ACTUALSCALE"], (object) =>
    status(object, "desiredScale", "actualScale"),
  ),
  "ServerlessService.networking.internal.knative.dev": knative(
    ["MODE", "ACTIVATORS", "SERVICENAME", "PRIVATESERVICENAME"],
    (object) => [
      text(specOf(object)["mode"]),
      text(specOf(object)["numActivators"]),
      ...status(object, "serviceName", "privateServiceName"),
    ],
  ),
  "Ingress.networking.internal.knative.dev": knative([], () => []),
  "Metric.autoscaling.internal.knative.dev": knative([], () => []),
  "Certificate.networking.internal.knative.dev": knative([], () => []),
  "Image.caching.internal.knative.dev": { headers: ["IMAGE"], cells: (object) => [text(specOf(object)["image"])] },
  "Deployment.apps": deployment,
  Pod: {
    headers: podHeaders.short,
    cells: (object, now) => [...podCells(object).short, ageOf(object, now)],
    wide: { headers: podHeaders.wide, cells: (object) => podCells(object).wide },
  },
  Service: coreService,
  Endpoints: endpoints,
  ConfigMap: aged(["DATA"], (object) => [keyCount(object)]),
  Secret: aged(["TYPE", "DATA"], (object) => [text((object as { type?: string }).type), keyCount(object)]),
  Namespace: aged(["STATUS"], (object) => [text(statusOf(object)["phase"] ?? "Active")]),
};

/** The columns of a kind; kinds without columns of their own show their age. */
export function columnsOf(kind: Kind): Columns {
  return byKind[kind] ?? aged([], () => []);
}
