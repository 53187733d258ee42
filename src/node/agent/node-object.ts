// Makes the Node object of a session. Pure.
import type { CoreCondition, Node } from "../../apis/core/types.ts";

export const NODE_NAME = "knap";

export interface NodeSize {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Default: 8 per core, at most 110. */
  readonly maxPods?: number | undefined;
  readonly architecture: string;
}

export const NO_DISK_PRESSURE: CoreCondition = {
  type: "DiskPressure",
  status: "False",
  reason: "KubeletHasNoDiskPressure",
  message: "kubelet has no disk pressure",
};

const MAX_PODS = 110;
const PODS_PER_CORE = 8;

export function makeNode({ cpus, memoryBytes, maxPods, architecture }: NodeSize): Node {
  const pods = maxPods ?? Math.min(MAX_PODS, PODS_PER_CORE * cpus);
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
