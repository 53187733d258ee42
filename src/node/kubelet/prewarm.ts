// Fetches images and fills volumes as soon as a Deployment names them, so that a cold start does not wait for them.
import { type StoredPod, userContainers } from "../../apis/core/pod.ts";
import type { Deployment } from "../../apis/core/types.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { NodeParts } from "./node-parts.ts";
import { isPodSpecific } from "./volumes/volume-files-spec.ts";

/** Rejects with the runtime's error. The pod later repeats what failed, and reports the error. */
export async function prewarm(parts: NodeParts, deployment: Stored<Deployment>): Promise<void> {
  const { metadata, spec } = deployment.spec.template;
  const { namespace, name, resourceVersion, creationTimestamp } = deployment.metadata;
  // No pod exists yet. Volumes that pods share do not depend on the pod's uid.
  const pod: StoredPod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, name, namespace, uid: "", resourceVersion, creationTimestamp },
    spec,
  };
  const { images, volumes } = parts.runtime.capabilities;
  const containers = [...userContainers(pod), ...(spec.initContainers ?? [])];
  if (images) {
    const configs = parts.pullConfigs(pod);
    await Promise.all(
      containers.map(({ image = "", imagePullPolicy }) => {
        if (imagePullPolicy === "Always" || parts.library.peek(image)) return undefined;
        return parts.library.ensure({ reference: image, configs, policy: imagePullPolicy });
      }),
    );
  }
  if (!volumes) return;
  const shared = (spec.volumes ?? []).filter(
    (volume) => (volume.configMap ?? volume.secret ?? volume.projected ?? volume.downwardAPI) && !isPodSpecific(volume),
  );
  const names = new Set(shared.map((volume) => volume.name));
  for (const container of containers) {
    const volumeMounts = (container.volumeMounts ?? []).filter((mount) => names.has(mount.name) && !mount.subPathExpr);
    await parts.volumes.prepare(pod, { ...container, volumeMounts }).catch(() => undefined);
  }
}
