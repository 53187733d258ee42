// Builds a Service's image, tags it by content, and removes old builds. It never removes an image that knap did not
// build.
import { namespacedName } from "../../apis/meta/key.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";
import { packContext } from "./build-context.ts";
import { makePullReport } from "./pull-report.ts";
import { authFor, readDockerConfig } from "./registry-auth.ts";

export interface ImageBuildOptions {
  readonly namespace: string;
  readonly service: string;
  /** Absolute folder. */
  readonly context: string;
  /** Relative to the context, or absolute. */
  readonly dockerfile: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly target?: string | undefined;
  /** Images of its FROM lines. */
  readonly bases?: readonly string[];
  /** Labels of this session and host, put on the image. */
  readonly labels: Readonly<Record<string, string>>;
  readonly onOutput?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** The label of knap's own images; its value is `namespace/name` of the Service. */
export const BUILD_LABEL = "knap.dev/service";
const KEPT_PER_SERVICE = 2;
const ID_DIGITS = 12;

/**
 * Tags the image `dev.local/<namespace>/<service>:<first 12 digits of the id>`. Rejects with a RuntimeError that has
 * the build's own message.
 */
export async function buildImage(
  runtime: ContainerRuntime,
  options: ImageBuildOptions,
): Promise<{ image: string; id: string }> {
  const repository = `dev.local/${options.namespace}/${options.service}`;
  const building = `${repository}:building`;
  for (const base of options.bases ?? []) await pullPrivate(runtime, base, options);
  const { stream, dockerfile } = packContext(options.context, options.dockerfile);
  const build = runtime.images.build({
    context: stream,
    dockerfile,
    tag: building,
    labels: {
      ...options.labels,
      [BUILD_LABEL]: namespacedName({ namespace: options.namespace, name: options.service }),
    },
    ...(options.args && { args: options.args }),
    ...(options.target !== undefined && { target: options.target }),
    ...(options.onOutput && { onOutput: options.onOutput }),
    ...(options.signal && { signal: options.signal }),
  });
  // Destroys the stream, since an engine that stops early leaves the file being sent open.
  const { id } = await build.finally(() => stream.destroy());
  const image = `${repository}:${id.replace(/^sha256:/, "").slice(0, ID_DIGITS)}`;
  await runtime.images.tag(building, image);
  await runtime.images.remove(building);
  return { image, id };
}

/**
 * Pulls a base image that needs credentials: BuildKit would ask a client session for them, which knap does not offer,
 * but it uses local images.
 */
async function pullPrivate(
  runtime: ContainerRuntime,
  base: string,
  { onOutput, signal }: ImageBuildOptions,
): Promise<void> {
  const auth = await authFor(base, [await readDockerConfig(process.env)]);
  if (auth === undefined || (await runtime.images.inspect(base))) return;
  const onProgress = onOutput && makePullReport(base, () => performance.now(), onOutput);
  try {
    await runtime.images.pull(base, { auth, ...(onProgress && { onProgress }), ...(signal && { signal }) });
  } catch (error) {
    // The build fails with the same error, and names the line.
    if (!(error instanceof RuntimeError)) throw error;
  }
}

/**
 * Removes all builds of a Service but the newest ones and `keep` (an id). Images that a container uses stay. Resolves
 * with the number of removed images.
 */
export async function pruneImages(
  runtime: ContainerRuntime,
  service: { readonly namespace: string; readonly name: string; readonly keep?: string },
): Promise<number> {
  const label = `${BUILD_LABEL}=${namespacedName(service)}`;
  // Engines list the newest first.
  const images = await runtime.images.list(label);
  const current = images.filter(({ id }) => id === service.keep);
  const others = images.filter(({ id }) => id !== service.keep);
  const old = others.slice(Math.max(0, KEPT_PER_SERVICE - current.length));
  let removed = 0;
  for (const { id, tags } of old) {
    try {
      for (const name of tags.length > 0 ? tags : [id]) await runtime.images.remove(name);
      removed++;
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.code !== "conflict") throw error;
    }
  }
  return removed;
}
