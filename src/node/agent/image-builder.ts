// Builds a Service's image, names it by content and drops old builds of the same Service: for the session itself, and for `knap apply` from another process.

import type { BuildPlan } from "../../project/project.ts";
import { buildImage, pruneImages } from "../image/image-build.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";

export interface ImageBuildRequest {
  /** `namespace/name` of the Service. */
  readonly service: string;
  readonly plan: BuildPlan;
  readonly signal: AbortSignal;
  onOutput(line: string): void;
}
/** `image`: a content tag, so that equal builds have equal names. A failed build is a value; only an abort rejects. */
export type BuildServiceImage = (
  request: ImageBuildRequest,
) => Promise<{ readonly ok: true; readonly image: string } | { readonly ok: false; readonly message: string }>;

/** How many of the build's last lines a failure repeats. */
const LINES_OF_FAILURE = 20;

/** `labels`: those of the session and host, so that what is left behind can be found. */
export function makeImageBuilder(
  runtime: ContainerRuntime,
  labels: Readonly<Record<string, string>>,
): BuildServiceImage {
  return async (request) => {
    const [namespace = "", service = ""] = request.service.split("/", 2);
    const lines: string[] = [];
    const onOutput = (line: string): void => {
      lines.push(line);
      if (lines.length > LINES_OF_FAILURE) lines.shift();
      request.onOutput(line);
    };
    try {
      const { plan, signal } = request;
      const { image, id } = await buildImage(runtime, { namespace, service, ...plan, labels, onOutput, signal });
      await pruneImages(runtime, { namespace, name: service, keep: id });
      return { ok: true, image };
    } catch (error) {
      request.signal.throwIfAborted();
      if (!(error instanceof RuntimeError)) throw error;
      return { ok: false, message: [...lines, error.message].join("\n") };
    }
  };
}
