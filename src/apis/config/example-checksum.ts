// The checksum that guards `_example` in Knative's ConfigMaps against edits in the wrong place. Source: knative.dev/pkg/configmap/hash-gen.
import { crc32Hex } from "../../base/hash.ts";
import type { ConfigMap } from "../core/types.ts";

const ANNOTATION = "knative.dev/example-checksum";
const REFUSAL =
  'the update modifies a key in "_example" which is probably not what you want. Instead, copy the respective setting to the top-level of the ConfigMap, directly below "data"';

/** CRC-32 of the trimmed text with runs of newlines counted once. */
export function exampleChecksum(example: string): string {
  return crc32Hex(example.trim().replace(/(\r?\n)+/g, "\n"));
}

/** The refusal when a ConfigMap's `_example` no longer fits its checksum annotation; undefined when there is nothing to say. */
export function exampleError({ metadata, data }: ConfigMap): string | undefined {
  const checksum = metadata.annotations?.[ANNOTATION];
  const example = data?.["_example"];
  if (checksum === undefined || example === undefined) return undefined;
  return exampleChecksum(example) === checksum ? undefined : REFUSAL;
}
