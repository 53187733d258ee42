// Runs commands of clients in the containers of this node's pods.
import type { PodStreams } from "../../api-server/pod-streams.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";

type Runtime = Pick<ContainerRuntime, "inspect" | "execAttached">;

export function makePodStreams(runtime: Runtime, kubelet: Pick<Kubelet, "containersOf">): PodStreams {
  return {
    find: async (pod, container) => {
      const [id] = kubelet.containersOf(keyOf(pod) as ObjectKey<"Pod">, container);
      const state = id === undefined ? undefined : await runtime.inspect(id);
      if (id === undefined || state?.status !== "running") return undefined;
      return { exec: (command, streams) => runtime.execAttached(id, command, streams) };
    },
  };
}
