// Finds or pulls the image of a container, and sends progress and result to the pod as events.
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Pod } from "../../../apis/core/types.ts";
import { type ImageOutcome, imageFailure, type UsableImage } from "../../image/image-library.ts";
import { makePullReport } from "../../image/pull-report.ts";
import type { NodeParts } from "../node-parts.ts";
import type { PodState } from "../pod/pod-events.ts";

type FetchParts = Pick<NodeParts, "library" | "nodeClock" | "pullConfigs" | "faults">;

/** Never rejects; a failure becomes an event. */
export async function fetchImage(parts: FetchParts, pod: PodState, container: Container): Promise<void> {
  const outcome = await ensureImage(parts, pod, container).catch((error: unknown) => ({
    failure: imageFailure(error),
  }));
  const { name = "" } = container;
  const at = parts.nodeClock.now();
  if ("image" in outcome) pod.send({ type: "imageFetched", container: name, image: outcome.image, at });
  else pod.send({ type: "imageFailed", container: name, ...outcome.failure, at });
}

/** Also rejects if the pull secrets cannot be read. */
async function ensureImage(
  { library, nodeClock, pullConfigs, faults }: FetchParts,
  pod: PodState,
  { name: container = "", image: reference = "", imagePullPolicy: policy }: Container,
): Promise<ImageOutcome> {
  const report = (reason: "Pulling" | "Pulled", message: string): void =>
    pod.send({ type: "imageProgress", container, reason, message });
  const fault = faults?.pull(pod.facts.pod);
  if (fault) return { failure: { reason: "ErrImagePull", message: `cannot pull image "${reference}": ${fault}` } };
  return library.ensure({
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
}

/** Returns the image of a container if the engine has it and neither the pull policy nor a fault asks for a pull. */
export function findKnownImage(
  { runtime, library, faults }: Pick<NodeParts, "runtime" | "library" | "faults">,
  pod: Pod,
  { image = "", imagePullPolicy }: Container,
): UsableImage | undefined {
  if (faults?.watchesPulls(pod)) return undefined;
  if (runtime.capabilities.images) return imagePullPolicy === "Always" ? undefined : library.peek(image);
  // The process runtime uses no image. Its processes run as knap's user.
  return { reference: "", imageId: "", user: String(process.getuid?.() ?? ""), stopSignal: "SIGTERM" };
}
