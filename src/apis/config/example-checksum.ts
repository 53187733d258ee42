// Detects users who edit `_example` of a Knative ConfigMap instead of its data, by a checksum annotation.
// Source: knative.dev/pkg/configmap/hash-gen.
import { crc32Hex } from "../../base/hash.ts";
import type { ConfigMap } from "../core/types.ts";

export const EXAMPLE_CHECKSUM = "knative.dev/example-checksum";
const REFUSAL =
  'the update modifies a key in "_example" which is probably not what you want. Instead, copy the respective setting to the top-level of the ConfigMap, directly below "data"';

/** CRC-32 of the trimmed text, in which consecutive newlines count as one. */
export function exampleChecksum(example: string): string {
  return crc32Hex(example.trim().replace(/(\r?\n)+/g, "\n"));
}

/** Knative's error if a ConfigMap's `_example` does not match its checksum annotation, else undefined. */
export function exampleError({ metadata, data }: ConfigMap): string | undefined {
  const checksum = metadata.annotations?.[EXAMPLE_CHECKSUM];
  const example = data?.["_example"];
  if (checksum === undefined || example === undefined) return undefined;
  return exampleChecksum(example) === checksum ? undefined : REFUSAL;
}
