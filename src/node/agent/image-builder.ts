// Builds a Service's image for the node, and turns a failed build into a message.

import { parseNamespacedName } from "../../apis/meta/key.ts";
import type { Revision } from "../../apis/serving/types.ts";
import { runInBackground } from "../../base/background.ts";
import type { Logger } from "../../base/logger.ts";
import { redacted } from "../../base/redact.ts";
import { SerialQueue } from "../../base/serial-queue.ts";
import type { BuildPlan, DockerfileBuild } from "../../project/project.ts";
import { findAgents, maskOf, readBuildSecrets } from "../image/build-inputs.ts";
import { buildByCommand } from "../image/command-build.ts";
import { type BuiltImage, buildImage, type ImageBuildOptions } from "../image/image-build.ts";
import { type PruneOptions, pruneImages } from "../image/image-prune.ts";
import { HOST_LABEL, SESSION_LABEL, stateOfSession } from "../kubelet/orphans.ts";
import { BuildError } from "../runtime/build-error.ts";
import type { BuildStep } from "../runtime/build-request.ts";
import { type ContainerRuntime, type ImageInfo, RuntimeError } from "../runtime/runtime.ts";

interface ImageBuildRequest {
  /** `namespace/name` of the Service. */
  readonly service: string;
  readonly plan: BuildPlan;
  readonly signal: AbortSignal;
  onOutput(line: string): void;
  onStep?(step: BuildStep): void;
}

export interface BuildFigures {
  readonly ms: number;
  /** The Dockerfile's steps without FROM, and those that the builder had in its cache; 0 for a build command. */
  readonly steps: number;
  readonly cached: number;
}

export type BuildOutcome =
  /** `image` is a tag by content, so equal builds have equal names. */
  | { readonly ok: true; readonly image: string; readonly figures?: BuildFigures }
  | {
      readonly ok: false;
      /** The builder's error. It can have several lines. */
      readonly message: string;
      /** The last lines of the build's output. */
      readonly output: readonly string[];
      /** The key of `build` in knap.yaml that the failure is about. */
      readonly setting?: string | undefined;
      /** The step that failed, as the builder names it. */
      readonly step?: string | undefined;
    };

/** A failed build resolves; only an abort rejects. */
export type BuildServiceImage = (request: ImageBuildRequest) => Promise<BuildOutcome>;

export interface ImageBuilder {
  readonly build: BuildServiceImage;
  /** Resolves when no older image is being removed. */
  idle(): Promise<void>;
}

export interface ImageBuilderOptions {
  readonly runtime: ContainerRuntime;
  /** The labels of the session and host. */
  readonly labels: Readonly<Record<string, string>>;
  /** The folder in which running build commands are recorded. */
  readonly records?: string | undefined;
  /** The images that the session's Revisions name. */
  imagesInUse(): Promise<ReadonlySet<string>> | ReadonlySet<string>;
  isSessionLive(session: string): Promise<boolean> | boolean;
  /** Called after each build that succeeded, maybe with the image of an earlier one. */
  onBuilt?(built: { readonly service: string; readonly image: string }): void;
  readonly log: Logger;
}

/** The number of output lines in the message of a failure. */
const LINES_OF_FAILURE = 20;
/** The Dockerfile's steps, not those that BuildKit adds. It does not always say whether a FROM is cached. */
const DOCKERFILE_STEP = /^(\[([^\]]* )?\d+\/\d+\]|Step \d+\/\d+ :) (?!FROM )/;

/**
 * Older images are removed after the outcome, so that the new revision does not wait for it, and before the next build,
 * whose temporary tag would look like that of an older one.
 */
export function makeImageBuilder(options: ImageBuilderOptions): ImageBuilder {
  const { runtime, labels, records } = options;
  const commandTags = new Set<string>();
  const pruning = new SerialQueue();
  const build: BuildServiceImage = async (request) => {
    await pruning.settled;
    const { plan, signal } = request;
    const { namespace, name } = parseNamespacedName(request.service);
    const output = new BuildOutput(request);
    const startedMs = performance.now();
    try {
      const target = { namespace, service: name, onOutput: output.add, signal };
      const { image, id } =
        plan.command === undefined
          ? await buildDockerfile(runtime, plan, { ...target, labels, output })
          : await buildByCommand(runtime, { ...target, ...plan, records, tags: commandTags });
      const prune = () => pruneOlder(options, { namespace, name, context: plan.context, keep: id, commandTags });
      runInBackground(options.log, "removing older images", () => pruning.run(prune));
      options.onBuilt?.({ service: request.service, image });
      return { ok: true, image, figures: { ms: performance.now() - startedMs, ...output.counts } };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof RuntimeError)) throw error;
      const { setting, step } = error instanceof BuildError ? error : {};
      const message = redacted(shortened(error.message));
      return { ok: false, message, output: output.lines.map(redacted), setting, step };
    }
  };
  return { build, idle: () => pruning.settled };
}

/** A failed removal does not fail the build: the next build tries again. */
async function pruneOlder(
  options: ImageBuilderOptions,
  service: Omit<PruneOptions, "labels" | "isInUse">,
): Promise<void> {
  const { [HOST_LABEL]: host } = options.labels;
  const labels = host === undefined ? {} : { [HOST_LABEL]: host };
  try {
    await pruneImages(options.runtime, { ...service, labels, isInUse: (found) => isInUse(options, found) });
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
  }
}

/** Leaves out what the place of the error says as well: the image's name, and BuildKit's layers around the error. */
function shortened(message: string): string {
  return message
    .replace(/^building \S+: /, "")
    .replace(/^failed to solve[^:]*: (failed to create LLB definition: )?/, "");
}

/** Passes the output of a build on, without its secrets, and keeps what the outcome tells. */
class BuildOutput {
  /** The last lines. */
  readonly lines: string[] = [];
  readonly #steps = new Set<string>();
  readonly #cached = new Set<string>();
  mask = (line: string): string => line;
  readonly #request: Pick<ImageBuildRequest, "onOutput" | "onStep">;

  constructor(request: Pick<ImageBuildRequest, "onOutput" | "onStep">) {
    this.#request = request;
  }

  get counts(): Pick<BuildFigures, "steps" | "cached"> {
    return { steps: this.#steps.size, cached: this.#cached.size };
  }

  readonly add = (line: string): void => {
    const shown = this.mask(line);
    this.lines.push(shown);
    if (this.lines.length > LINES_OF_FAILURE) this.lines.shift();
    this.#request.onOutput(shown);
  };

  readonly addStep = (step: BuildStep): void => {
    if (!DOCKERFILE_STEP.test(step.name)) return;
    this.#steps.add(step.name);
    if (step.state === "cached") this.#cached.add(step.name);
    this.#request.onStep?.(step);
  };
}

async function buildDockerfile(
  runtime: ContainerRuntime,
  { secrets: secretSources, ssh, labels: own, ...settings }: DockerfileBuild,
  {
    output,
    labels,
    ...target
  }: Pick<ImageBuildOptions, "namespace" | "service" | "labels" | "onOutput" | "signal"> & {
    readonly output: BuildOutput;
  },
): Promise<BuiltImage> {
  const secrets = await readBuildSecrets(secretSources ?? [], process.env);
  const agents = await findAgents(ssh ?? [], process.env);
  output.mask = maskOf(secrets);
  const all = { ...own, ...labels };
  return buildImage(runtime, { ...settings, ...target, labels: all, secrets, agents, onStep: output.addStep });
}

/** A Revision at zero has no container that protects its image from removal. */
async function isInUse(
  { runtime, labels, imagesInUse, isSessionLive }: ImageBuilderOptions,
  image: ImageInfo,
): Promise<boolean> {
  const session = image.labels[SESSION_LABEL];
  if (session !== undefined && session !== labels[SESSION_LABEL]) {
    const search = { runtime, hostId: labels[HOST_LABEL] ?? "", isSessionLive };
    return (await stateOfSession(search, image.labels)) !== "ended";
  }
  const used = await imagesInUse();
  return image.tags.some((tag) => used.has(tag));
}

/** Returns the images that Revisions name. */
export function imagesOf(revisions: readonly Revision[]): ReadonlySet<string> {
  return new Set(revisions.flatMap(({ spec }) => spec.containers.map(({ image = "" }) => image)));
}
