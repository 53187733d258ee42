// The image of one container of one pod: whether it is here, on its way, or cannot be had. The library does the having.
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Pod } from "../../../apis/core/types.ts";
import type { UsableImage } from "../../image/image-library.ts";
import { makePullReport } from "../../image/pull-report.ts";
import type { NodeParts } from "../node-parts.ts";
import type { ImageFacts } from "../pod/pod-facts.ts";

/** To the process runtime an image's name means nothing; its user is knap's own. */
function processImage(): UsableImage {
  return { reference: "", imageId: "", user: String(process.getuid?.() ?? ""), stopSignal: "SIGTERM" };
}

export class ContainerImage {
  facts: ImageFacts = { state: "unknown" };
  usable: UsableImage | undefined;
  readonly #parts: NodeParts;
  readonly #container: Container;

  constructor(parts: NodeParts, container: Container) {
    this.#parts = parts;
    this.#container = container;
    const known = parts.runtime.capabilities.images ? parts.library.peek(container.image ?? "") : processImage();
    if (known && container.imagePullPolicy !== "Always") this.have(known);
  }

  have(image: UsableImage): void {
    this.usable = image;
    this.facts = { state: "here" };
  }

  forget(): void {
    this.#parts.library.forget(this.#container.image ?? "");
    this.facts = { state: "unknown" };
  }

  /** Looks for it, pulls it; what fails becomes a fact and an event. */
  async fetch(pod: Pod): Promise<void> {
    const { library, nodeClock, pullConfigs, record } = this.#parts;
    const failures = this.facts.state === "failed" ? this.facts.trouble.failures : 0;
    this.facts = { state: "fetching" };
    const { image: reference = "", imagePullPolicy } = this.#container;
    const tell = (reason: string, message: string): void => record(pod, { type: "Normal", reason, message });
    const outcome = await library.ensure({
      reference,
      configs: pullConfigs(pod),
      ...(imagePullPolicy && { policy: imagePullPolicy }),
      onProgress: makePullReport(
        reference,
        () => nodeClock.now(),
        (message) => tell("Pulling", message),
      ),
      onPulled: (message) => tell("Pulled", message),
    });
    if ("image" in outcome) {
      this.have(outcome.image);
      return;
    }
    const trouble = { ...outcome.failure, failures: failures + 1, failedAt: nodeClock.now() };
    this.facts = { state: "failed", trouble };
    const message = `Failed to pull image "${reference}": ${outcome.failure.message}`;
    record(pod, { type: "Warning", reason: "Failed", message });
  }
}
