// Finds or pulls the image of a container, and sends progress and result to the pod as events.
import type { Container } from "../../../apis/core/pod-spec.ts";
import { imageFailure, type UsableImage } from "../../image/image-library.ts";
import { makePullReport } from "../../image/pull-report.ts";
import type { NodeParts } from "../node-parts.ts";
import type { PodState } from "../pod/pod-events.ts";

/** Never rejects; a failure becomes an event. */
export async function fetchImage(
  { library, nodeClock, pullConfigs }: Pick<NodeParts, "library" | "nodeClock" | "pullConfigs">,
  pod: PodState,
  { name: container = "", image: reference = "", imagePullPolicy: policy }: Container,
): Promise<void> {
  const report = (reason: "Pulling" | "Pulled", message: string): void =>
    pod.send({ type: "imageProgress", container, reason, message });
  const fetching = library.ensure({
    reference,
    configs: pullConfigs(pod.facts.pod),
    policy,
    onProgress: makePullReport(
      reference,
      () => nodeClock.now(),
      (message) => report("Pulling", message),
    ),
    onPulled: (message) => report("Pulled", message),
  });
  const outcome = await fetching.catch((error: unknown) => ({ failure: imageFailure(error) }));
  const at = nodeClock.now();
  if ("image" in outcome) pod.send({ type: "imageFetched", container, image: outcome.image, at });
  else pod.send({ type: "imageFailed", container, ...outcome.failure, at });
}

/** Returns the image of a container if the engine has it and the pull policy does not ask the registry. */
export function findKnownImage(
  { runtime, library }: Pick<NodeParts, "runtime" | "library">,
  { image = "", imagePullPolicy }: Container,
): UsableImage | undefined {
  if (runtime.capabilities.images) return imagePullPolicy === "Always" ? undefined : library.peek(image);
  // The process runtime uses no image. Its processes run as knap's user.
  return { reference: "", imageId: "", user: String(process.getuid?.() ?? ""), stopSignal: "SIGTERM" };
}
