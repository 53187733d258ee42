// Builds a Service's image, names it by content and drops old builds of the same Service: for the session itself, and for `knap apply` from another process.

import { buildImage, pruneImages } from "../node/image/image-build.ts";
import { type ContainerRuntime, RuntimeError } from "../node/runtime/runtime.ts";
import type { BuildServiceImage } from "./options.ts";

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
