// Builds for a session that runs in another process (`knap apply`): build, name by content, drop old builds of the same Service.
import type { BuildServiceImage } from "../emulator/options.ts";
import { buildImage, pruneImages } from "../node/image/image-build.ts";
import { type ContainerRuntime, RuntimeError } from "../node/runtime/runtime.ts";

/** How many of the build's last lines a failure repeats. */
const LINES_OF_FAILURE = 20;

/** `labels`: those of the session and host, so that what is left behind can be found. */
export function makeDockerBuilder(
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
