// What a cluster has before anybody deploys anything: its one node and the activator's Endpoints. Pure.
import { SYSTEM_NAMESPACE } from "../apis/config/serving-config.ts";
import type { CoreCondition, Endpoints, Node } from "../apis/core/types.ts";
import type { AnyObject } from "../apis/meta/object.ts";

export const NODE_NAME = "knap";

/** Virtual addresses of hops that are not there; they stand in Endpoints and in X-Forwarded-For, nobody dials them. */
export const ACTIVATOR_ADDRESS = "10.213.255.2";
export const GATEWAY_ADDRESS = "10.213.255.3";

export interface NodeSize {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** undefined: 8 for each core, at most 110. */
  readonly maxPods?: number;
  readonly architecture: string;
}

/** How a kubelet says that its disk has room. */
export const NO_DISK_PRESSURE: CoreCondition = {
  type: "DiskPressure",
  status: "False",
  reason: "KubeletHasNoDiskPressure",
  message: "kubelet has no disk pressure",
};

const MOST_PODS = 110;
const PODS_PER_CORE = 8;

/** The Node, and the activator's Endpoints in knative-serving. */
export function makeClusterObjects(size: NodeSize): readonly AnyObject[] {
  return [makeNode(size), makeActivatorEndpoints()];
}

function makeNode({ cpus, memoryBytes, maxPods, architecture }: NodeSize): Node {
  const pods = maxPods ?? Math.min(MOST_PODS, PODS_PER_CORE * cpus);
  const resources = { cpu: String(cpus), memory: `${Math.floor(memoryBytes / 1024)}Ki`, pods: String(pods) };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: NODE_NAME,
      labels: { "kubernetes.io/hostname": NODE_NAME, "kubernetes.io/os": "linux", "kubernetes.io/arch": architecture },
    },
    status: {
      capacity: resources,
      allocatable: resources,
      conditions: [
        NO_DISK_PRESSURE,
        { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" },
      ],
      addresses: [{ type: "Hostname", address: NODE_NAME }],
    },
  };
}

/** Ports as Knative's `activator-service` has them; the ServerlessService planner copies address and port from here. */
function makeActivatorEndpoints(): Endpoints {
  return {
    apiVersion: "v1",
    kind: "Endpoints",
    metadata: { name: "activator-service", namespace: SYSTEM_NAMESPACE },
    subsets: [
      {
        addresses: [{ ip: ACTIVATOR_ADDRESS, nodeName: NODE_NAME }],
        ports: [
          { name: "http", port: 8012, protocol: "TCP" },
          { name: "http2", port: 8013, protocol: "TCP" },
          { name: "https", port: 8112, protocol: "TCP" },
        ],
      },
    ],
  };
}
