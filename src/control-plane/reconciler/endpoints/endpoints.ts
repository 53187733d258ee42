// Plans the Endpoints of each core Service with a selector.
import { isPodActive, isPodReady } from "../../../apis/core/pod.ts";
import type { CoreService, EndpointSubset, Endpoints, Pod, ServicePort } from "../../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { AnyObject, Stored, StringMap } from "../../../apis/meta/object.ts";
import type { Plan, Reconciler } from "../../controller/reconciler.ts";

const KIND = "Service";
const MANAGED_BY = { "endpoints.kubernetes.io/managed-by": "endpoint-controller" };
type Subset = Required<Pick<EndpointSubset, "ports">> & EndpointSubset;

export const endpointsPlanner: Reconciler<typeof KIND> = {
  name: "endpoints",
  kind: KIND,
  watches: (changed, view): readonly ObjectKey[] => {
    const { namespace = "", labels } = changed.metadata;
    if (changed.kind !== "Pod") return [];
    return Object.entries(labels ?? {})
      .flatMap((label) => view.list(KIND, { namespace, index: { by: firstRequirement, value: label.join("=") } }))
      .filter((service) => selects(service, labels))
      .map(keyOf);
  },
  reconcile: (service, world): Plan<typeof KIND> => {
    const { selector } = service.spec;
    if (!selector || Object.keys(selector).length === 0 || service.metadata.deletionTimestamp !== undefined) return {};
    const pods = world.list("Pod", { namespace: service.metadata.namespace, labels: { matchLabels: selector } });
    const wanted = makeEndpoints(service, pods);
    const { subsets = [] } = wanted;
    return { ensure: [{ key: keyOf(wanted), fields: { subsets }, create: wanted, whole: [["subsets"]] }] };
  },
};

/** Indexes Services by the first label of their selector, so that a Pod event does not visit all Services. */
function firstRequirement(object: AnyObject): readonly string[] {
  const [first] = Object.entries((object as CoreService).spec.selector ?? {});
  return first ? [first.join("=")] : [];
}

function selects(service: Stored<CoreService>, labels: StringMap | undefined): boolean {
  const selector = Object.entries(service.spec.selector ?? {});
  return selector.length > 0 && selector.every(([key, value]) => labels?.[key] === value);
}

/** The Service owns the Endpoints, so both are deleted together. */
export function makeEndpoints(service: Stored<CoreService>, pods: readonly Stored<Pod>[]): Endpoints {
  const { name, namespace, labels, uid } = service.metadata;
  const owner = { apiVersion: "v1", kind: "Service", name, uid };
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name, namespace, labels: { ...labels, ...MANAGED_BY }, ownerReferences: [owner] },
    subsets: makeSubsets(service, pods),
  };
}

/** Groups Pods by the port numbers of the Service's ports. Ignores Pods without an address. */
function makeSubsets(service: Stored<CoreService>, pods: readonly Stored<Pod>[]): readonly EndpointSubset[] {
  const groups = new Map<string, Group>();
  // Pods made from one template have the same `containers` array (same reference), so their ports are resolved once.
  const known = new Map<Pod["spec"]["containers"], Group>();
  for (const pod of pods) {
    if (!pod.status?.podIP || !isPodActive(pod)) continue;
    const group = known.get(pod.spec.containers) ?? groupOf(groups, portsOf(service.spec.ports ?? [], pod));
    known.set(pod.spec.containers, group);
    (isPodReady(pod) ? group.ready : group.notReady).push(pod);
  }
  return [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 ? { addresses: ready.map(addressOf) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady.map(addressOf) } : {}),
    ports,
  }));
}

interface Group {
  readonly ports: Subset["ports"];
  readonly ready: Stored<Pod>[];
  readonly notReady: Stored<Pod>[];
}

function groupOf(groups: Map<string, Group>, ports: Subset["ports"]): Group {
  const key = JSON.stringify(ports);
  const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
  groups.set(key, group);
  return group;
}

function addressOf({ metadata, spec, status }: Stored<Pod>): NonNullable<EndpointSubset["addresses"]>[number] {
  const { name, namespace, uid } = metadata;
  return {
    ip: status?.podIP ?? "",
    ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
    targetRef: { kind: "Pod", name, namespace, uid },
  };
}

function portsOf(ports: readonly ServicePort[], pod: Stored<Pod>): Subset["ports"] {
  return ports.flatMap(({ name, port, targetPort = port, protocol = "TCP", appProtocol }) => {
    const number = typeof targetPort === "number" ? targetPort : namedPort(pod, targetPort);
    if (number === undefined) return [];
    return [{ ...(name ? { name } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) }];
  });
}

function namedPort(pod: Stored<Pod>, name: string): number | undefined {
  return (pod.spec.containers ?? []).flatMap(({ ports = [] }) => ports).find((port) => port.name === name)
    ?.containerPort;
}
