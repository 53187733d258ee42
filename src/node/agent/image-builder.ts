// Builds a Service's image for the node, and turns a failed build into a message.

import { parseNamespacedName } from "../../apis/meta/key.ts";
import { redacted } from "../../base/redact.ts";
import type { BuildPlan } from "../../project/project.ts";
import { buildImage, pruneImages } from "../image/image-build.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";

interface ImageBuildRequest {
  /** `namespace/name` of the Service. */
  readonly service: string;
  readonly plan: BuildPlan;
  readonly signal: AbortSignal;
  onOutput(line: string): void;
}
/** `image` is a tag by content, so equal builds have equal names. A failed build resolves; only an abort rejects. */
export type BuildServiceImage = (
  request: ImageBuildRequest,
) => Promise<{ readonly ok: true; readonly image: string } | { readonly ok: false; readonly message: string }>;

/** The number of output lines in the message of a failure. */
const LINES_OF_FAILURE = 20;

/** `labels`: the labels of the session and host. */
export function makeImageBuilder(
  runtime: ContainerRuntime,
  labels: Readonly<Record<string, string>>,
): BuildServiceImage {
  return async (request) => {
    const { namespace, name: service } = parseNamespacedName(request.service);
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
      return { ok: false, message: redacted([...lines, error.message].join("\n")) };
    }
  };
}
