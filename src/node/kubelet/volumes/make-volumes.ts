// Puts the volume keeper of a session together from what the kubelet was given.
import type { NodeParts } from "../node-parts.ts";
import { HOST_LABEL } from "../orphans.ts";
import { AccountTokens } from "./account-tokens.ts";
import { VolumeKeeper } from "./volume-keeper.ts";
import { makeVolumeWriter } from "./volume-writer.ts";

/** Makes the keeper; nothing is on the engine yet. */
export function makeVolumes(
  parts: Omit<NodeParts, "volumes" | "listen" | "track" | "stopPolicy" | "network" | "frozenPods">,
): VolumeKeeper {
  const { runtime, info, store, prefix, labels, clock, nodeClock } = parts;
  const tokens = new AccountTokens();
  const host = labels[HOST_LABEL];
  let versions = 0;
  return new VolumeKeeper({
    runtime,
    prefix,
    labels,
    hostLabels: host === undefined ? {} : { [HOST_LABEL]: host },
    write: makeVolumeWriter({ runtime, architecture: info.architecture, prefix, labels }),
    hasClaim: (namespace, name) => store.get("PersistentVolumeClaim", namespace, name) !== undefined,
    version: () => `${new Date(nodeClock.now()).toISOString().replace(/[-:T]/g, "_").slice(0, 19)}.${++versions}`,
    sourcesOf: (pod) => {
      const namespace = pod.metadata.namespace ?? "default";
      const serviceAccount = pod.spec.serviceAccountName ?? "default";
      return {
        pod,
        configMap: (name) => store.get("ConfigMap", namespace, name),
        secret: (name) => store.get("Secret", namespace, name),
        token: (audience, expirationSeconds) =>
          tokens.mint({ namespace, serviceAccount, audience, expirationSeconds, now: clock.now() }),
        podIP: "",
        hostIP: parts.hostIP,
        nodeName: parts.nodeName,
        nodeCpus: info.cpus,
        nodeMemoryBytes: info.memoryBytes,
      };
    },
  });
}
