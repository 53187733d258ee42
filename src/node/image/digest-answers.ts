// Resolves an image reference to a digest: by local images first, then by the registry.
import { imageReferenceText, parseImageReference, repositoryName } from "../../apis/core/image-reference.ts";
import { errorText } from "../../base/errors.ts";
import type { ContainerRuntime, ImageInfo } from "../runtime/runtime.ts";
import type { ImageLibrary } from "./image-library.ts";
import { authFor, type RegistryConfig } from "./registry-auth.ts";

export interface DigestQuestion {
  readonly image: string;
  /** Registries whose tags are not resolved (config-deployment). */
  readonly skip: ReadonlySet<string>;
  /** Reads credentials; called only before a request to a registry. */
  readonly configs: () => Promise<readonly RegistryConfig[]>;
}

/** `digest` is a full reference (`registry/repository@sha256:…`), or "" if the tag is used unresolved. */
export type DigestAnswer = { readonly digest: string } | { readonly error: string };

/**
 * Tries in order: the digest in the reference, skipped registries, the local image's digest of that repository, the id
 * of a local image without such a digest (as a pseudo digest that {@link ImageLibrary.find} resolves), the registry.
 * @see pkg/reconciler/revision/resolve.go, which asks only the registry
 */
export async function answerDigest(
  { image, skip, configs }: DigestQuestion,
  engine: { readonly runtime: ContainerRuntime; readonly library: ImageLibrary },
): Promise<DigestAnswer> {
  const { runtime, library } = engine;
  if (!runtime.capabilities.images) return { digest: "" };
  const reference = parseImageReference(image);
  if (!reference) return { error: `could not parse reference: ${image}` };
  if (reference.digest !== undefined) return { digest: image };
  if (skip.has(reference.registry)) return { digest: "" };
  const repository = repositoryName(reference);
  try {
    const local = await library.find(image);
    if (local) return { digest: localDigest(local, repository) };
    const auth = await authFor(image, await configs());
    return { digest: `${repository}@${await runtime.images.digest(imageReferenceText(reference), auth)}` };
  } catch (error) {
    return { error: errorText(error) };
  }
}

function localDigest(local: ImageInfo, repository: string): string {
  for (const text of local.repoDigests) {
    const known = parseImageReference(text);
    if (known?.digest !== undefined && repositoryName(known) === repository) return `${repository}@${known.digest}`;
  }
  return `${repository}@${local.id}`;
}
