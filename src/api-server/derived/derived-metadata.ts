// Makes the metadata of derived objects.
import type { OwnerReference, Stored, StringMap } from "../../apis/meta/object.ts";
import { sha256Hex } from "../../base/hash.ts";

interface DerivedMetadata {
  readonly kind: string;
  readonly name: string;
  readonly generateName?: string;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly owner?: OwnerReference;
}

/** Returns namespace, versions and times of the source. The uid is the same for the same source and name. */
export function derivedMetadata(source: Stored, { kind, owner, ...own }: DerivedMetadata): Stored["metadata"] {
  const { namespace, uid, resourceVersion, creationTimestamp, deletionTimestamp, generation } = source.metadata;
  return {
    ...own,
    ...(namespace !== undefined && { namespace }),
    uid: uuidOf(`${kind} ${uid} ${own.name}`),
    resourceVersion,
    ...(generation !== undefined && { generation }),
    creationTimestamp,
    ...(deletionTimestamp !== undefined && { deletionTimestamp }),
    ...(owner && { ownerReferences: [owner] }),
  };
}

/** Returns a uid of version 8 (RFC 9562: the bits are defined by the maker). */
function uuidOf(text: string): string {
  const hex = sha256Hex(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
