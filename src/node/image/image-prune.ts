// Removes the older builds of a Service.
import { namespacedName } from "../../apis/meta/key.ts";
import { type ContainerRuntime, type ImageInfo, RuntimeError } from "../runtime/runtime.ts";
import { BUILD_LABEL, repositoryOf } from "./image-build.ts";

const KEPT_PER_SERVICE = 2;

export interface PruneOptions {
  readonly namespace: string;
  readonly name: string;
  /** The id of the newest build. */
  readonly keep?: string;
  /** Whether something can still start a container of the image, for example a Revision at zero. */
  isInUse?(image: ImageInfo): Promise<boolean> | boolean;
}

/**
 * Keeps the last two builds, images in use, images that a container uses, and all tags of the user. Resolves with the
 * number of removed images.
 */
export async function pruneImages(runtime: ContainerRuntime, options: PruneOptions): Promise<number> {
  const { keep, isInUse = () => false } = options;
  const repository = repositoryOf(options);
  const isOwn = (tag: string): boolean => tag.startsWith(`${repository}:`);
  const labelled = await runtime.images.list({ label: `${BUILD_LABEL}=${namespacedName(options)}` });
  // Images that a command of the user built have no label.
  const tagged = await runtime.images.list({ repository });
  const all = new Map([...labelled, ...tagged].map((image) => [image.id, image]));
  // An image that the user built from a build of knap has its labels as well.
  const images = [...all.values()].filter(({ tags }) => tags.length === 0 || tags.some(isOwn));
  const current = images.filter(({ id }) => id === keep);
  // The time of creation says nothing: a cached build has that of its first build, and some tools write 1970.
  const others = images.filter(({ id }) => id !== keep).sort((a, b) => Date.parse(b.taggedAt) - Date.parse(a.taggedAt));
  let removed = 0;
  for (const image of others.slice(Math.max(0, KEPT_PER_SERVICE - current.length))) {
    if (await isInUse(image)) continue;
    const names = image.tags.length > 0 ? image.tags.filter(isOwn) : [image.id];
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
