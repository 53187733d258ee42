// Resolves an image reference to a digest, by a local image or by the registry.
import { imageReferenceText, parseImageReference, repositoryName } from "../../apis/core/image-reference.ts";
import { errorText } from "../../base/errors.ts";
import { redacted } from "../../base/redact.ts";
import type { ContainerRuntime, ImageInfo } from "../runtime/runtime.ts";
import type { ImageLibrary } from "./image-library.ts";
import { authFor, type RegistryConfig } from "./registry-auth.ts";

export interface DigestQuestion {
  readonly image: string;
  /** Registries whose tags are not resolved (config-deployment). */
  readonly skip: ReadonlySet<string>;
  /** Reads credentials. Called only before a request to a registry. */
  readonly configs: () => Promise<readonly RegistryConfig[]>;
}

/** `digest` is a full reference (`registry/repository@sha256:…`), or "" if the tag stays unresolved. */
export type DigestAnswer = { readonly digest: string } | { readonly error: string };

/**
 * Returns the first of: the digest in the reference; "" for a skipped registry; the digest that the local image has of
 * that repository; the id of the local image in place of a digest, which {@link ImageLibrary.find} finds; the digest
 * that the registry has.
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
    return { error: redacted(errorText(error)) };
  }
}

function localDigest(local: ImageInfo, repository: string): string {
  for (const text of local.repoDigests) {
    const known = parseImageReference(text);
    if (known?.digest !== undefined && repositoryName(known) === repository) return `${repository}@${known.digest}`;
  }
  return `${repository}@${local.id}`;
}
