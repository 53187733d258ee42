// Builds the images of Services, one build per Service at a time, and reports their progress.
import type { BuildServiceImage } from "../node/agent/image-builder.ts";
import type { BuildStep } from "../node/runtime/build-request.ts";
import type { ProjectService } from "../project/project.ts";
import { buildFailureText } from "./build-failure.ts";
import { BuildsUnderWay } from "./builds-under-way.ts";
import type { EmitDevEvent } from "./dev-event.ts";

export interface ImageRequest {
  readonly service: ProjectService;
  /** Hash of all inputs of the image. */
  readonly hash: string;
  /** No build of this Service has succeeded yet. */
  readonly isFirst: boolean;
  /** Aborts the caller's wait, not the build. */
  readonly signal: AbortSignal;
}

export class ServiceBuilds implements AsyncDisposable {
  readonly #buildImage: BuildServiceImage;
  readonly #emit: EmitDevEvent;
  readonly #builds = new BuildsUnderWay();

  constructor(buildImage: BuildServiceImage, emit: EmitDevEvent) {
    this.#buildImage = buildImage;
    this.#emit = emit;
  }

  /** Resolves with the image; undefined if the build failed. Rejects if it is aborted or newer sources cancel it. */
  async build({ service, hash, isFirst, signal }: ImageRequest): Promise<string | undefined> {
    const { key, build } = service;
    if (build === undefined) return undefined;
    const emit = this.#emit;
    if (!this.#builds.isUnderWay(key, hash)) emit({ type: "building", service: key });
    const onOutput = (line: string): void => emit({ type: "build-output", service: key, line });
    const onStep = (step: BuildStep): void => emit({ type: "build-step", service: key, step });
    const outcome = await this.#builds.join({ service: key, hash, signal }, (abort) =>
      this.#buildImage({ service: key, plan: build, signal: abort, onOutput, onStep }),
    );
    if (outcome.ok) {
      emit({ type: "built", service: key, image: outcome.image, figures: outcome.figures });
      return outcome.image;
    }
    const message = await buildFailureText(service, build, outcome);
    emit({ type: "build-failed", service: key, message, isFirst });
    return undefined;
  }

  /** Cancels running builds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#builds[Symbol.asyncDispose]();
  }
}
