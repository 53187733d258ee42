// Removes the older builds of a Service.
import { existsSync } from "node:fs";
import { namespacedName } from "../../apis/meta/key.ts";
import { type ContainerRuntime, type ImageInfo, RuntimeError } from "../runtime/runtime.ts";
import { BUILD_LABEL, CONTEXT_LABEL, isBuildTag, repositoryOf } from "./image-build.ts";

const KEPT_PER_SERVICE = 2;

export interface PruneOptions {
  readonly namespace: string;
  readonly name: string;
  /** The build context, an absolute path: other projects can have a Service of the same name. */
  readonly context: string;
  /** Labels that all builds of this host have. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The id of the newest build. */
  readonly keep?: string;
  /** The tags of this session's builds by a command. Images of other sessions' commands cannot be told apart. */
  readonly commandTags?: ReadonlySet<string>;
  /** Whether something can still start a container of the image, for example a Revision at zero. */
  isInUse?(image: ImageInfo): Promise<boolean> | boolean;
}

/**
 * Keeps the last two builds, images in use, images that a container uses, images of other projects and hosts, and all
 * tags of the user. Resolves with the number of removed images.
 */
export async function pruneImages(runtime: ContainerRuntime, options: PruneOptions): Promise<number> {
  const { keep, commandTags = new Set(), isInUse = () => false } = options;
  const service = namespacedName(options);
  const [labelled, tagged] = await Promise.all([
    runtime.images.list({ label: `${BUILD_LABEL}=${service}` }),
    // Images that a command of the user built have no label.
    runtime.images.list({ repository: repositoryOf(options) }),
  ]);
  const own = Object.entries({ ...options.labels, [BUILD_LABEL]: service });
  const isOwn = ({ labels }: ImageInfo): boolean => {
    const { [CONTEXT_LABEL]: context = "" } = labels;
    // No project builds the images of a folder that is gone, such as a checkout of a CI job.
    const isOwnContext = context === options.context || !existsSync(context);
    return isOwnContext && own.every(([name, value]) => labels[name] === value);
  };
  // An image that the user built from a build of knap has its labels as well.
  const ownTags = (image: ImageInfo): readonly string[] =>
    image.tags.filter((tag) => (isOwn(image) ? isBuildTag(options, tag) : commandTags.has(tag)));
  const all = new Map([...labelled, ...tagged].map((image) => [image.id, image]));
  const images = [...all.values()].filter((image) =>
    image.tags.length === 0 ? isOwn(image) : ownTags(image).length > 0,
  );
  const current = images.filter(({ id }) => id === keep);
  // The time of creation says nothing: a cached build has that of its first build, and some tools write 1970.
  const others = images.filter(({ id }) => id !== keep).sort((a, b) => Date.parse(b.taggedAt) - Date.parse(a.taggedAt));
  let removed = 0;
  for (const image of others.slice(Math.max(0, KEPT_PER_SERVICE - current.length))) {
    if (await isInUse(image)) continue;
    const names = image.tags.length > 0 ? ownTags(image) : [image.id];
    if (await removeAll(runtime, names)) removed++;
  }
  return removed;
}

/** Resolves with false if a container uses the image. */
async function removeAll(runtime: ContainerRuntime, names: readonly string[]): Promise<boolean> {
  try {
    for (const name of names) await runtime.images.remove(name);
    return true;
  } catch (error) {
    if (error instanceof RuntimeError && error.code === "conflict") return false;
    throw error;
  }
}
