// What the store itself writes into objects: identity, versions, generation, times. Pure steps from an incoming object to a stored one.
import { type Kind, resourceOf } from "../../apis/kinds.ts";
import type { AnyObject, ObjectMeta } from "../../apis/meta/object.ts";
import { isFields, sameJson } from "../../base/json.ts";

/** Kinds unknown to knap (what a DomainMapping may point to) are taken for namespaced custom resources. */
export function traitsOf(kind: Kind): {
  readonly namespaced: boolean;
  readonly statusSubresource: boolean;
  /** Core kinds have no generation. */
  readonly generation: boolean;
} {
  const resource = resourceOf(kind);
  return {
    namespaced: resource?.namespaced ?? true,
    statusSubresource: resource?.statusSubresource ?? true,
    generation: resource ? resource.group !== "" : kind.includes("."),
  };
}

/** Metadata as Kubernetes' typed decoding leaves it: without empty values and without what the server keeps for itself. */
export function compactMetadata(metadata: ObjectMeta): ObjectMeta {
  const kept = Object.entries(metadata).filter(
    ([key, value]) => key !== "selfLink" && key !== "managedFields" && !isEmpty(value),
  );
  return { ...(Object.fromEntries(kept) as Partial<ObjectMeta>), name: metadata.name };
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && Object.keys(value).length === 0;
}

export interface Birth {
  readonly uid: string;
  readonly creationTimestamp: string;
}

/** A named object as it is stored first: identity and time given, generation 1, no status where status is a subresource. */
export function makeCreated(kind: Kind, object: AnyObject, birth: Birth): AnyObject {
  const traits = traitsOf(kind);
  const { deletionTimestamp, deletionGracePeriodSeconds, generation, resourceVersion, ...metadata } = object.metadata;
  const { status, ...rest } = object;
  return {
    ...rest,
    metadata: compactMetadata({ ...metadata, ...birth, ...(traits.generation ? { generation: 1 } : {}) }),
    ...(traits.statusSubresource || status === undefined ? {} : { status }),
  };
}

/** The stored object with what a writer may change taken from `incoming`; generation grows when anything but metadata and status differs. */
export function makeUpdated(kind: Kind, old: AnyObject, incoming: AnyObject): AnyObject {
  const traits = traitsOf(kind);
  const { metadata: _, status, ...content } = incoming;
  const { metadata: before, status: oldStatus, ...oldContent } = old;
  const kept = traits.statusSubresource ? oldStatus : status;
  const generation = before.generation ?? 1;
  const moved = traits.generation && !sameJson(content, oldContent);
  const metadata = {
    ...incoming.metadata,
    name: before.name,
    namespace: before.namespace,
    uid: before.uid,
    resourceVersion: before.resourceVersion,
    creationTimestamp: before.creationTimestamp,
    deletionTimestamp: before.deletionTimestamp,
    deletionGracePeriodSeconds: before.deletionGracePeriodSeconds,
    generation: traits.generation ? generation + (moved ? 1 : 0) : undefined,
  };
  return {
    ...content,
    metadata: compactMetadata(metadata as ObjectMeta),
    ...(kept === undefined ? {} : { status: kept }),
  };
}

/** The same object as another version. */
export function withVersion(object: AnyObject, version: number): AnyObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
}
