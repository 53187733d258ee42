// Builds a Service's image with the engine, and tags it by content.
import { randomBytes } from "node:crypto";
import { parseImageReference } from "../../apis/core/image-reference.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import { errorText } from "../../base/errors.ts";
import { BuildError } from "../runtime/build-error.ts";
import type { BuildAgent, BuildSecret, BuildSettings, BuildStep, RegistryAccess } from "../runtime/build-request.ts";
import { type ContainerRuntime, RuntimeError } from "../runtime/runtime.ts";
import { type BuildContext, packContext } from "./build-context.ts";
import { makePullReport } from "./pull-report.ts";
import { authFor, readDockerConfig } from "./registry-auth.ts";

export interface ImageBuildOptions extends BuildSettings {
  readonly namespace: string;
  readonly service: string;
  /** Absolute folder. */
  readonly context: string;
  /** Relative to the context, or absolute. */
  readonly dockerfile: string;
  /** The text of the Dockerfile if it is in no file. */
  readonly inline?: string | undefined;
  /** The images of its FROM lines. */
  readonly bases?: readonly string[];
  /** The labels of the session and host, and those of the user. */
  readonly labels: Readonly<Record<string, string>>;
  readonly secrets?: readonly BuildSecret[] | undefined;
  readonly agents?: readonly BuildAgent[] | undefined;
  readonly onOutput?: ((line: string) => void) | undefined;
  readonly onStep?: ((step: BuildStep) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The label of images that knap built. Its value is `namespace/name` of the Service. */
export const BUILD_LABEL = "knap.dev/service";
/** The label that tells projects with Services of one name apart. Its value is the absolute path of the context. */
export const CONTEXT_LABEL = "knap.dev/context";

/** Returns the labels of a Service's builds, by which a later build finds them. `context`: absolute. */
export function buildLabels(service: ServiceName, context: string): Readonly<Record<string, string>> {
  return { [BUILD_LABEL]: namespacedName(service), [CONTEXT_LABEL]: context };
}
const ID_DIGITS = 12;
/** The part of a tag after the repository: of a finished build, or of one that is under way. */
const OWN_TAG = /^:([0-9a-f]{12}|building-[0-9a-f]+)$/;

export interface BuiltImage {
  /** `dev.local/<namespace>/<service>:<first 12 digits of the id>` */
  readonly image: string;
  readonly id: string;
}

/** Rejects with a RuntimeError that has the builder's message. */
export async function buildImage(runtime: ContainerRuntime, options: ImageBuildOptions): Promise<BuiltImage> {
  const { namespace, service: name, bases = [], ...settings } = options;
  const service = { namespace, name };
  const building = buildingTag(service);
  if (!options.pull) for (const base of bases) await pullPrivate(runtime, base, options);
  const packed = pack(options);
  const labels = { ...options.labels, ...buildLabels(service, options.context) };
  const registries = accessTo(bases);
  const source = { context: packed.stream, dockerfile: packed.dockerfile };
  const request = { ...settings, ...source, registries, tag: building, labels };
  // The stream can fail before the request reads it, for instance because the folder was deleted.
  const broken = new Promise<never>((_, reject) => packed.stream.once("error", (error) => reject(unreadable(error))));
  try {
    const { id } = await Promise.race([runtime.images.build(request), broken]);
    return { id, image: await tagByContent(runtime, service, { source: building, id }) };
  } finally {
    // If the engine stops reading early, the file that is being sent would stay open.
    packed.stream.destroy();
    await removeTag(runtime, building);
  }
}

function pack({ context, dockerfile, inline }: ImageBuildOptions): BuildContext {
  try {
    return packContext(context, dockerfile, inline);
  } catch (error) {
    throw error instanceof BuildError ? error : unreadable(error);
  }
}

function unreadable(error: unknown): BuildError {
  const message = `the context cannot be read: ${errorText(error)}; a file that no build needs can be excluded in .dockerignore`;
  return new BuildError("failed", message, { setting: "context", cause: error });
}

type ServiceName = { readonly namespace: string; readonly name: string };

/** The repository of the images that knap builds for a Service. */
export function repositoryOf({ namespace, name }: ServiceName): string {
  return `dev.local/${namespace}/${name}`;
}

/** Returns the tag of an image until its content is known. Sessions share an engine, so each build has its own. */
export function buildingTag(service: ServiceName): string {
  return `${repositoryOf(service)}:building-${randomBytes(4).toString("hex")}`;
}

/** Whether the tag has the form of those that knap gives to builds of the Service. */
export function isBuildTag(service: ServiceName, tag: string): boolean {
  const repository = repositoryOf(service);
  return tag.startsWith(repository) && OWN_TAG.test(tag.slice(repository.length));
}

/** Leaves the tag if the engine is away, or if a container that the user left behind uses it. */
export async function removeTag(runtime: ContainerRuntime, tag: string): Promise<void> {
  try {
    await runtime.images.remove(tag);
  } catch (error) {
    if (!(error instanceof RuntimeError)) throw error;
  }
}

/** Gives the image of a finished build its tag, and resolves with that tag. */
export async function tagByContent(
  runtime: ContainerRuntime,
  service: ServiceName,
  { source, id }: { readonly source: string; readonly id: string },
): Promise<string> {
  const image = `${repositoryOf(service)}:${id.replace(/^sha256:/, "").slice(0, ID_DIGITS)}`;
  await runtime.images.tag(source, image);
  return image;
}

function accessTo(bases: readonly string[]): RegistryAccess {
  const hosts = bases.flatMap((base) => parseImageReference(base)?.registry ?? []);
  return {
    hosts: [...new Set(hosts)],
    // The builder names only the host. Any image of the host has its credentials.
    credentials: async (host) => authFor(`${host}/any/image`, [await readDockerConfig(process.env)]),
  };
}

/**
 * Pulls a base image that needs credentials. The builder would ask only for the credentials of its registry, and the
 * user can have some for a path of the registry.
 */
async function pullPrivate(
  runtime: ContainerRuntime,
  base: string,
  { onOutput, signal }: ImageBuildOptions,
): Promise<void> {
  // Credentials come last, because a credential helper is a program that starts.
  if (await runtime.images.inspect(base)) return;
  const auth = await authFor(base, [await readDockerConfig(process.env)]);
  if (auth === undefined) return;
  const onProgress = onOutput && makePullReport(base, () => performance.now(), onOutput);
  try {
    await runtime.images.pull(base, { auth, onProgress, signal });
  } catch (error) {
    // The build fails with the same error, and names the line of the Dockerfile.
    if (!(error instanceof RuntimeError)) throw error;
  }
}
