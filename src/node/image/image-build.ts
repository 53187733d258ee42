// Builds a Service's image, tags it by content, and removes older builds of the Service.
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
  readonly args?: Readonly<Record<string, string>> | undefined;
  readonly target?: string | undefined;
  /** The images of its FROM lines. */
  readonly bases?: readonly string[];
  /** The labels of the session and host. */
  readonly labels: Readonly<Record<string, string>>;
  readonly onOutput?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The label of images that knap built. Its value is `namespace/name` of the Service. */
export const BUILD_LABEL = "knap.dev/service";
const KEPT_PER_SERVICE = 2;
const ID_DIGITS = 12;

/**
 * Tags the image `dev.local/<namespace>/<service>:<first 12 digits of the id>`. Rejects with a RuntimeError that has
 * the builder's message.
 */
export async function buildImage(
  runtime: ContainerRuntime,
  options: ImageBuildOptions,
): Promise<{ image: string; id: string }> {
  const { namespace, service: name, args, target, onOutput, signal } = options;
  const repository = repositoryOf({ namespace, name });
  const building = `${repository}:building`;
  for (const base of options.bases ?? []) await pullPrivate(runtime, base, options);
  const { stream, dockerfile } = packContext(options.context, options.dockerfile);
  const labels = { ...options.labels, [BUILD_LABEL]: namespacedName({ namespace, name }) };
  const request = { context: stream, dockerfile, tag: building, labels, args, target, onOutput, signal };
  // The stream can fail before the request reads it, for instance because the folder was deleted.
  const broken = new Promise<never>((_, reject) => stream.once("error", reject));
  const build = Promise.race([runtime.images.build(request), broken]);
  // If the engine stops reading early, the file that is being sent would stay open.
  const { id } = await build.finally(() => stream.destroy());
  const image = `${repository}:${id.replace(/^sha256:/, "").slice(0, ID_DIGITS)}`;
  await runtime.images.tag(building, image);
  await runtime.images.remove(building);
  return { image, id };
}

function repositoryOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `dev.local/${namespace}/${name}`;
}

/**
 * Pulls a base image that needs credentials. BuildKit would ask a client session for them, which knap does not offer;
 * with a local image it does not ask.
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
    await runtime.images.pull(base, { auth, onProgress, signal });
  } catch (error) {
    // The build fails with the same error, and names the line of the Dockerfile.
    if (!(error instanceof RuntimeError)) throw error;
  }
}

/**
 * Removes the older builds of a Service, but not `keep` (an id), not images that a container uses, and no tags of the
 * user. Resolves with the number of removed images.
 */
export async function pruneImages(
  runtime: ContainerRuntime,
  service: { readonly namespace: string; readonly name: string; readonly keep?: string },
): Promise<number> {
  const label = `${BUILD_LABEL}=${namespacedName(service)}`;
  // Engines list the newest first.
  const listed = await runtime.images.list(label);
  // An image that the user built from a build of knap has its labels as well.
  const isOwn = (tag: string): boolean => tag.startsWith(`${repositoryOf(service)}:`);
  const images = listed.filter(({ tags }) => tags.length === 0 || tags.some(isOwn));
  const current = images.filter(({ id }) => id === service.keep);
  const others = images.filter(({ id }) => id !== service.keep);
  const old = others.slice(Math.max(0, KEPT_PER_SERVICE - current.length));
  let removed = 0;
  for (const { id, tags } of old) {
    try {
      for (const name of tags.length > 0 ? tags.filter(isOwn) : [id]) await runtime.images.remove(name);
      removed++;
    } catch (error) {
      if (!(error instanceof RuntimeError) || error.code !== "conflict") throw error;
    }
  }
  return removed;
}
