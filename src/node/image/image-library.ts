// Which images this engine has: local first, pulled when policy and registry allow, remembered for the session so that a wake asks nobody. Builds nothing.

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

/** An image that is here, as a container is made of it. */
export interface UsableImage {
  /** What the runtime's create call takes. */
  readonly reference: string;
  /** `containerStatuses[].imageID`: a repository digest where there is one, else the id. */
  readonly imageId: string;
  /** The image's USER. */
  readonly user: string;
  readonly stopSignal: string;
  /** A sentence when the image was made for another machine than the engine's. */
  readonly foreign?: string;
}

/** Kubernetes' reasons and texts for an image that cannot be had. */
export interface ImageFailure {
  readonly reason: "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName";
  readonly message: string;
}

export interface ImageRequest {
  readonly reference: string;
  /** undefined: local first. `Always` asks the registry and makes do with a local image only when the registry cannot be reached. */
  readonly policy?: string;
  /** Credentials of the pod, tried before the user's own. */
  readonly configs?: readonly RegistryConfig[];
  /** Told of a pull's steps, also to those who join one that is under way. */
  readonly onProgress?: (progress: PullProgress) => void;
  readonly onPulled?: (text: string) => void;
}

export type ImageOutcome = { readonly image: UsableImage } | { readonly failure: ImageFailure };

export interface ImageLibraryOptions {
  readonly runtime: ContainerRuntime;
  readonly engine: Pick<RuntimeInfo, "os" | "architecture">;
  /** The user's own credentials (docker's config.json), read when first needed. */
  readonly userConfig: () => Promise<RegistryConfig>;
}

/** One search or pull, and all who wait for it. */
interface Errand {
  readonly outcome: Promise<ImageOutcome>;
  readonly requests: ImageRequest[];
}

/** The images of one engine. Never throws: what fails is an {@link ImageFailure}. */
export class ImageLibrary {
  readonly #options: ImageLibraryOptions;
  readonly #known = new Map<string, UsableImage>();
  readonly #running = new Map<string, Errand>();

  constructor(options: ImageLibraryOptions) {
    this.#options = options;
  }

  /** What is known to be here without asking anybody. */
  peek(reference: string): UsableImage | undefined {
    return this.#known.get(reference);
  }

  /** Looks again next time: the image turned out to be gone, or was built anew. */
  forget(reference: string): void {
    this.#known.delete(reference);
  }

  /** Looks on the engine only. A digest that is an image's id (see digest-answers.ts) finds that image. */
  async find(reference: string): Promise<ImageInfo | undefined> {
    const { images } = this.#options.runtime;
    const found = await images.inspect(reference);
    const digest = parseImageReference(reference)?.digest;
    return found ?? (digest === undefined ? undefined : images.inspect(digest));
  }

  /** Makes sure that the image is here; calls for the same image share one pull. */
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

  /** `requests`: grows while it runs. */
  async #ensure(request: ImageRequest, requests: readonly ImageRequest[]): Promise<ImageOutcome> {
    const { reference, policy } = request;
    const tell = (text: string): void => {
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
      if (!local || !isOutOfReach(error)) throw error;
      tell(`Registry out of reach; using the local image "${reference}"`);
      return { image: this.#keep(reference, local) };
    }
    const pulled = await this.find(reference);
    if (!pulled) throw new RuntimeError("no-image", `image "${reference}" is not there after it was pulled`);
    tell(`Successfully pulled image "${reference}"`);
    return { image: this.#keep(reference, pulled) };
  }

  #keep(reference: string, info: ImageInfo): UsableImage {
    const { os, architecture } = this.#options.engine;
    const foreign = info.os !== os || (info.architecture !== "" && info.architecture !== architecture);
    const named = info.tags.includes(reference) || info.repoDigests.includes(reference);
    const image: UsableImage = {
      reference: named ? reference : info.id,
      imageId: info.repoDigests[0] ?? info.id,
      user: info.user,
      stopSignal: info.stopSignal ?? "SIGTERM",
      ...(foreign && {
        foreign: `image "${reference}" is for ${info.os}/${info.architecture}, this engine runs ${os}/${architecture}; build or pull it for ${os}/${architecture}`,
      }),
    };
    this.#known.set(reference, image);
    return image;
  }
}

/** The registry said nothing at all, as opposed to no. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof RuntimeError && (error.code === "failed" || error.code === "unreachable");
}

function failureOf(error: unknown): ImageFailure {
  return { reason: "ErrImagePull", message: errorText(error) };
}
