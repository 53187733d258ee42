// Makes images available on the engine: finds local ones, pulls others. It remembers them, so that a cold start does
// not ask the engine.
import { parseImageReference } from "../../apis/core/image-reference.ts";
import { errorText } from "../../base/errors.ts";
import { redacted } from "../../base/redact.ts";
import {
  type ContainerRuntime,
  type ImageInfo,
  type PullProgress,
  RuntimeError,
  type RuntimeInfo,
} from "../runtime/runtime.ts";
import { authFor, type RegistryConfig } from "./registry-auth.ts";

export interface UsableImage {
  /** The argument for the runtime's create call. */
  readonly reference: string;
  /** The `imageID` of the container status: a repository digest if there is one, else the id. */
  readonly imageId: string;
  /** The image's USER. */
  readonly user: string;
  readonly stopSignal: string;
  /** Says that the image is for another platform than the engine's; undefined if the platforms match. */
  readonly foreign?: string | undefined;
}

/** Kubernetes' reason and message for an image that is not available. */
interface ImageFailure {
  readonly reason: "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName";
  readonly message: string;
}

export interface ImageRequest {
  readonly reference: string;
  /**
   * undefined: a local image is used if there is one. `Always`: it is used only if the registry is unreachable.
   */
  readonly policy?: string | undefined;
  /** The pod's credentials. They are tried before the user's. */
  readonly configs?: readonly RegistryConfig[];
  /** Called with the steps of a pull, also if the request joins a running one. */
  readonly onProgress?: (progress: PullProgress) => void;
  readonly onPulled?: (text: string) => void;
}

export type ImageOutcome = { readonly image: UsableImage } | { readonly failure: ImageFailure };

export interface ImageLibraryOptions {
  readonly runtime: ContainerRuntime;
  readonly engine: Pick<RuntimeInfo, "os" | "architecture">;
  /** Reads the user's credentials (docker's config.json). */
  readonly userConfig: () => Promise<RegistryConfig>;
}

/** A search or pull in progress, with all requests that wait for it. */
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

  /** Returns a remembered image without a request to the engine; undefined if the image is not remembered. */
  peek(reference: string): UsableImage | undefined {
    return this.#known.get(reference);
  }

  /** Forgets an image that was removed or rebuilt. */
  forget(reference: string): void {
    this.#known.delete(reference);
  }

  /** Asks only the engine. The digest of a reference may also be an image id; see digest-answers.ts. */
  async find(reference: string): Promise<ImageInfo | undefined> {
    const { images } = this.#options.runtime;
    const found = await images.inspect(reference);
    const digest = parseImageReference(reference)?.digest;
    return found ?? (digest === undefined ? undefined : images.inspect(digest));
  }

  /** Makes the image available on the engine. Concurrent calls for the same image share one pull. */
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
      .catch((error: unknown) => ({ failure: imageFailure(error) }))
      .finally(() => this.#running.delete(request.reference));
    this.#running.set(request.reference, { outcome, requests });
    return outcome;
  }

  /** Later requests for the same image join `requests` while this runs. */
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
        auth,
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
      foreign: isOtherPlatform
        ? `image "${reference}" is for ${info.os}/${info.architecture}, this engine runs ${os}/${architecture}; build or pull it for ${os}/${architecture}`
        : undefined,
    };
    this.#known.set(reference, image);
    return image;
  }
}

/** Returns true if the registry did not answer. A refusal is an answer. */
function isUnreachable(error: unknown): boolean {
  return error instanceof RuntimeError && (error.code === "failed" || error.code === "unreachable");
}

export function imageFailure(error: unknown): ImageFailure {
  return { reason: "ErrImagePull", message: redacted(errorText(error)) };
}
