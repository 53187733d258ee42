// Defines the columns of `kubectl get` for built-in kinds. Source: kubernetes/pkg/printers/internalversion.
import type { HorizontalPodAutoscaler } from "../apis/autoscaling/types.ts";
import type { EndpointSlice, EventV1, ReplicaSet } from "../apis/core/derived-types.ts";
import { formatSelector } from "../apis/core/label-selector.ts";
import type { PodSpec } from "../apis/core/pod-spec.ts";
import type {
  CoreService,
  Deployment,
  Endpoints,
  Event,
  Lease,
  Node,
  Pod,
  Secret,
  ServiceAccount,
} from "../apis/core/types.ts";
import type { Kind } from "../apis/kinds.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import { age, type Column, column, since, wide } from "./column.ts";
import { podReadyText, podRestarts, podStatusText } from "./pod-cells.ts";

const NONE = "<none>";
const count = (map: object | undefined): number => Object.keys(map ?? {}).length;
const joinOrNone = (values: readonly string[]): string => (values.length > 0 ? values.join(",") : NONE);

/** Makes a column function whose `cell` gets an object of type T. `make`: {@link column} or {@link wide}. */
const of =
  <T extends AnyObject>(make: typeof column | typeof wide) =>
  (name: string, cell: (object: T) => string | number): Column =>
    make(name, (object) => cell(object as T));

const pod = of<Pod>(column);
const podWide = of<Pod>(wide);
const podColumns: readonly Column[] = [
  pod("Ready", podReadyText),
  pod("Status", podStatusText),
  pod("Restarts", podRestarts),
  age,
  podWide("IP", ({ status }) => status?.podIP ?? NONE),
  podWide("Node", ({ spec }) => spec.nodeName ?? NONE),
  podWide("Nominated Node", () => NONE),
  podWide("Readiness Gates", () => NONE),
];

const containerNames = ({ containers }: PodSpec): string => joinOrNone(containers.map(({ name }) => name ?? ""));
const containerImages = ({ containers }: PodSpec): string => joinOrNone(containers.map(({ image }) => image ?? ""));

const deployment = of<Deployment>(column);
const deploymentWide = of<Deployment>(wide);
const deploymentColumns: readonly Column[] = [
  deployment("Ready", ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`),
  deployment("Up-to-date", ({ status }) => status?.updatedReplicas ?? 0),
  deployment("Available", ({ status }) => status?.availableReplicas ?? 0),
  age,
  deploymentWide("Containers", ({ spec }) => containerNames(spec.template.spec)),
  deploymentWide("Images", ({ spec }) => containerImages(spec.template.spec)),
  deploymentWide("Selector", ({ spec }) => formatSelector(spec.selector) || NONE),
];

const service = of<CoreService>(column);
const serviceColumns: readonly Column[] = [
  service("Type", ({ spec }) => spec.type ?? "ClusterIP"),
  service("Cluster-IP", ({ spec }) => spec.clusterIP || NONE),
  service("External-IP", ({ spec }) => spec.externalName ?? NONE),
  service("Port(s)", ({ spec }) =>
    joinOrNone(
      (spec.ports ?? []).map(
        ({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol ?? "TCP"}`,
      ),
    ),
  ),
  age,
  of<CoreService>(wide)("Selector", ({ spec }) => selectorText(spec.selector)),
];

function selectorText(selector: StringMap | undefined): string {
  return formatSelector({ matchLabels: selector ?? {} }) || NONE;
}

const MOST_ENDPOINTS = 3;
function endpointsText({ subsets = [] }: Endpoints): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => (ports.length > 0 ? ports.map(({ port }) => `${ip}:${port}`) : [ip])),
  );
  return all.length > 0 ? firstOf(all) : NONE;
}

/** Returns the first values, and the number of the others. */
function firstOf(all: readonly string[]): string {
  if (all.length === 0) return "<unset>";
  if (all.length <= MOST_ENDPOINTS) return all.join(",");
  return `${all.slice(0, MOST_ENDPOINTS).join(",")} + ${all.length - MOST_ENDPOINTS} more...`;
}

const objectText = ({ kind = "", name = "" }: Event["involvedObject"]): string => `${kind.toLowerCase()}/${name}`;

const event = of<Event>(column);
const eventWide = of<Event>(wide);
const eventColumns: readonly Column[] = [
  column("Last Seen", (object, now) => since((object as Event).lastTimestamp, now)),
  event("Type", ({ type }) => type ?? ""),
  event("Reason", ({ reason }) => reason ?? ""),
  event("Object", ({ involvedObject }) => objectText(involvedObject)),
  eventWide("Source", ({ source }) => source?.component ?? ""),
  event("Message", ({ message }) => (message ?? "").trim()),
  wide("First Seen", (object, now) => since((object as Event).firstTimestamp, now)),
  eventWide("Count", (object) => object.count ?? 1),
];

function nodeStatus({ status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" ? "Ready" : "NotReady";
}

const endpointSlice = of<EndpointSlice>(column);
const replicaSet = of<ReplicaSet>(column);
const replicaSetWide = of<ReplicaSet>(wide);
const replicaSetColumns: readonly Column[] = [
  replicaSet("Desired", ({ spec }) => spec.replicas ?? 1),
  replicaSet("Current", ({ status }) => status?.replicas ?? 0),
  replicaSet("Ready", ({ status }) => status?.readyReplicas ?? 0),
  age,
  replicaSetWide("Containers", ({ spec }) => containerNames(spec.template.spec)),
  replicaSetWide("Images", ({ spec }) => containerImages(spec.template.spec)),
  replicaSetWide("Selector", ({ spec }) => formatSelector(spec.selector) || NONE),
];

const autoscaler = of<HorizontalPodAutoscaler>(column);
const autoscalerColumns: readonly Column[] = [
  autoscaler("Reference", ({ spec }) => `${spec.scaleTargetRef?.kind ?? ""}/${spec.scaleTargetRef?.name ?? ""}`),
  autoscaler("Targets", ({ spec }) => joinOrNone((spec.metrics ?? []).map(metricText))),
  autoscaler("MinPods", ({ spec }) => spec.minReplicas ?? "<unset>"),
  autoscaler("MaxPods", ({ spec }) => spec.maxReplicas ?? "<unset>"),
  autoscaler("Replicas", ({ status }) => status?.currentReplicas ?? 0),
  age,
];

function metricText(metric: HorizontalPodAutoscaler["spec"]["metrics"][number]): string {
  const [name, target] =
    metric.type === "Resource" ? [`${metric.resource.name}: `, metric.resource.target] : ["", metric.pods.target];
  return `${name}<unknown>/${target.type === "Utilization" ? `${target.averageUtilization}%` : target.averageValue}`;
}

const eventV1 = of<EventV1>(column);
const eventV1Columns: readonly Column[] = [
  column("Last Seen", (object, now) => since((object as EventV1).deprecatedLastTimestamp, now)),
  eventV1("Type", ({ type }) => type ?? ""),
  eventV1("Reason", ({ reason }) => reason ?? ""),
  eventV1("Object", ({ regarding }) => objectText(regarding)),
  eventV1("Message", ({ note }) => (note ?? "").trim()),
];

const data = (object: AnyObject): number => count((object as { data?: object }).data);

const byKind: { readonly [K in Kind]?: readonly Column[] } = {
  Pod: podColumns,
  "Deployment.apps": deploymentColumns,
  Service: serviceColumns,
  Endpoints: [of<Endpoints>(column)("Endpoints", endpointsText), age],
  ConfigMap: [column("Data", data, "integer"), age],
  Secret: [of<Secret>(column)("Type", ({ type }) => type ?? ""), column("Data", data, "integer"), age],
  Namespace: [column("Status", ({ status }) => (status as { phase?: string } | undefined)?.phase ?? "Active"), age],
  Node: [of<Node>(column)("Status", nodeStatus), column("Roles", () => NONE), age, column("Version", () => "knap")],
  ServiceAccount: [of<ServiceAccount>(column)("Secrets", ({ secrets }) => secrets?.length ?? 0), age],
  Event: eventColumns,
  "Lease.coordination.k8s.io": [of<Lease>(column)("Holder", ({ spec }) => spec?.holderIdentity ?? ""), age],
  "EndpointSlice.discovery.k8s.io": [
    endpointSlice("AddressType", ({ addressType }) => addressType),
    endpointSlice("Ports", ({ ports = [] }) => firstOf(ports.map(({ port }) => String(port)))),
    endpointSlice("Endpoints", ({ endpoints = [] }) => firstOf(endpoints.flatMap(({ addresses }) => addresses))),
    age,
  ],
  "ReplicaSet.apps": replicaSetColumns,
  "HorizontalPodAutoscaler.autoscaling": autoscalerColumns,
  "CustomResourceDefinition.apiextensions.k8s.io": [
    column("Created At", ({ metadata }) => metadata.creationTimestamp ?? ""),
  ],
  "Event.events.k8s.io": eventV1Columns,
};

/** Returns kubectl's columns of a built-in kind; undefined if the kind has only name and age. */
export function coreColumns(kind: Kind): readonly Column[] | undefined {
  return byKind[kind];
}
