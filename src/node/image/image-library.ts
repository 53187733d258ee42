// Makes images available on the engine: local ones first, others by a pull. Remembers them for the session, so that a
// cold start needs no lookup.
import { parseImageReference } from "../../apis/core/image-reference.ts";
import { errorText } from "../../base/errors.ts";
import {
  type ContainerRuntime,
  type ImageInfo,
  type PullProgress,
  RuntimeError,
  type RuntimeInfo,
} from "../runtime/runtime.ts";
import { authFor, type RegistryConfig } from "./registry-auth.ts";

/** An image on the engine, with what a container needs of it. */
export interface UsableImage {
  /** The argument for the runtime's create call. */
  readonly reference: string;
  /** For `containerStatuses[].imageID`: a repository digest if there is one, else the id. */
  readonly imageId: string;
  /** The image's USER. */
  readonly user: string;
  readonly stopSignal: string;
  /** Explains that the image is for another platform than the engine's; absent if it fits. */
  readonly foreign?: string;
}

/** Kubernetes' reason and message for an image that is not available. */
interface ImageFailure {
  readonly reason: "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName";
  readonly message: string;
}

export interface ImageRequest {
  readonly reference: string;
  /**
   * undefined: local images first. `Always` asks the registry, and uses a local image only if the registry is
   * unreachable.
   */
  readonly policy?: string;
  /** Credentials of the pod, tried before the user's own. */
  readonly configs?: readonly RegistryConfig[];
  /** Called with the steps of a pull, also for requests that join a running one. */
  readonly onProgress?: (progress: PullProgress) => void;
  readonly onPulled?: (text: string) => void;
}

export type ImageOutcome = { readonly image: UsableImage } | { readonly failure: ImageFailure };

export interface ImageLibraryOptions {
  readonly runtime: ContainerRuntime;
  readonly engine: Pick<RuntimeInfo, "os" | "architecture">;
  /** Reads the user's own credentials (docker's config.json). */
  readonly userConfig: () => Promise<RegistryConfig>;
}

/** A running search or pull, and all requests that wait for it. */
interface RunningRequest {
  readonly outcome: Promise<ImageOutcome>;
  readonly requests: ImageRequest[];
}

/** `ensure` never rejects: it resolves with an {@link ImageFailure}. */
export class ImageLibrary {
  readonly #options: ImageLibraryOptions;
  readonly #known = new Map<string, UsableImage>();
  readonly #running = new Map<string, RunningRequest>();

  constructor(options: ImageLibraryOptions) {
    this.#options = options;
  }

  /** A remembered image, without a request to the engine. */
  peek(reference: string): UsableImage | undefined {
    return this.#known.get(reference);
  }

  /** Drops a remembered image that has been removed or rebuilt. */
  forget(reference: string): void {
    this.#known.delete(reference);
  }

  /** Asks only the engine. A pseudo digest (an image id, see digest-answers.ts) finds that image. */
  async find(reference: string): Promise<ImageInfo | undefined> {
    const { images } = this.#options.runtime;
    const found = await images.inspect(reference);
    const digest = parseImageReference(reference)?.digest;
    return found ?? (digest === undefined ? undefined : images.inspect(digest));
  }

  /** Makes the image available on the engine; concurrent calls for the same image share one pull. */
  ensure(request: ImageRequest): Promise<ImageOutcome> {
    const known = this.#known.get(request.reference);
    if (known && request.policy !== "Always") return Promise.resolve({ image: known });
    const running = this.#running.get(request.reference);
    if (running !== undefined) {
      running.requests.push(request);
      return running.outcome;
    }
    const requests = [request];
    const outcome = this.#ensure(request, requests)
      .catch((error: unknown) => ({ failure: failureOf(error) }))
      .finally(() => this.#running.delete(request.reference));
    this.#running.set(request.reference, { outcome, requests });
    return outcome;
  }

  /** `requests` grows while it runs. */
  async #ensure(request: ImageRequest, requests: readonly ImageRequest[]): Promise<ImageOutcome> {
    const { reference, policy } = request;
    const report = (text: string): void => {
      for (const { onPulled } of requests) onPulled?.(text);
    };
    if (!parseImageReference(reference)) {
      const message = `Failed to apply default image tag "${reference}": couldn't parse image name "${reference}": invalid reference format`;
      return { failure: { reason: "InvalidImageName", message } };
    }
    const local = await this.find(reference);
    if (local && policy !== "Always") return { image: this.#keep(reference, local) };
    if (policy === "Never" && !local) {
      const message = `Container image "${reference}" is not present with pull policy of Never`;
      return { failure: { reason: "ErrImageNeverPull", message } };
    }
    try {
      const auth = await authFor(reference, [...(request.configs ?? []), await this.#options.userConfig()]);
      await this.#options.runtime.images.pull(reference, {
        ...(auth && { auth }),
        onProgress: (step) => {
          for (const { onProgress } of requests) onProgress?.(step);
        },
      });
    } catch (error) {
      if (!local || !isUnreachable(error)) throw error;
      report(`Registry unreachable; using the local image "${reference}"`);
      return { image: this.#keep(reference, local) };
    }
    const pulled = await this.find(reference);
    if (!pulled) throw new RuntimeError("no-image", `image "${reference}" is not there after it was pulled`);
    report(`Successfully pulled image "${reference}"`);
    return { image: this.#keep(reference, pulled) };
  }

  #keep(reference: string, info: ImageInfo): UsableImage {
    const { os, architecture } = this.#options.engine;
    const isOtherPlatform = info.os !== os || (info.architecture !== "" && info.architecture !== architecture);
    const named = info.tags.includes(reference) || info.repoDigests.includes(reference);
    const image: UsableImage = {
      reference: named ? reference : info.id,
      imageId: info.repoDigests[0] ?? info.id,
      user: info.user,
      stopSignal: info.stopSignal ?? "SIGTERM",
      ...(isOtherPlatform && {
        foreign: `image "${reference}" is for ${info.os}/${info.architecture}, this engine runs ${os}/${architecture}; build or pull it for ${os}/${architecture}`,
      }),
    };
    this.#known.set(reference, image);
    return image;
  }
}

/** The registry did not answer, as opposed to a refusal. */
function isUnreachable(error: unknown): boolean {
  return error instanceof RuntimeError && (error.code === "failed" || error.code === "unreachable");
}

function failureOf(error: unknown): ImageFailure {
  return { reason: "ErrImagePull", message: errorText(error) };
}
