// Measures the memory of the running pods and the size of their images.
import { userContainers } from "../../apis/core/pod.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import type { UsageAnswer } from "../../client/measures.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { ContainerRuntime } from "../runtime/runtime.ts";
import { runningIdsOf } from "./pod-usage.ts";

/** A container or an image that is gone meanwhile does not count. */
export async function measureUsage(store: ObjectStore, runtime: ContainerRuntime): Promise<UsageAnswer> {
  const pods = store.list("Pod");
  const memoryOf = async (ids: readonly string[]): Promise<number | undefined> => {
    const stats = await Promise.all(ids.map((id) => runtime.stats(id).catch(() => undefined)));
    const known = stats.filter((each) => each !== undefined);
    return known.length === 0 ? undefined : known.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0);
  };
  const names = new Set(pods.flatMap((pod) => userContainers(pod).map(({ image = "" }) => image)));
  const [measured, images] = await Promise.all([
    Promise.all(pods.map(async (pod) => ({ pod, memoryBytes: await memoryOf(runningIdsOf(pod)) }))),
    Promise.all(
      [...names].map(async (image) => ({ image, found: await runtime.images.inspect(image).catch(() => undefined) })),
    ),
  ]);
  return {
    pods: measured.flatMap(({ pod: { metadata }, memoryBytes }) =>
      memoryBytes === undefined ? [] : [{ pod: namespacedName(metadata), memoryBytes }],
    ),
    images: images.flatMap(({ image, found }) => (found ? [{ image, sizeBytes: found.sizeBytes }] : [])),
  };
}
