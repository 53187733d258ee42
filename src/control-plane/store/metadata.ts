// Computes the metadata that the store itself writes: uid, versions, generation and times. Pure.
import type { Secret } from "../../apis/core/types.ts";
import { type Kind, resourceOf } from "../../apis/kinds.ts";
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import type { AnyObject, ManagedFieldsEntry, ObjectMeta, Stored } from "../../apis/meta/object.ts";
import { isFields, sameJson } from "../../base/json.ts";
import { ok, type Result } from "../../base/result.ts";
import type { WriteOptions } from "./outcome.ts";

/** Treats kinds that knap does not know as namespaced custom resources. A DomainMapping may refer to such a kind. */
export function traitsOf(kind: Kind): {
  readonly namespaced: boolean;
  readonly statusSubresource: boolean;
  /** True if the store sets metadata.generation; false for kinds of the core API group. */
  readonly generation: boolean;
} {
  const resource = resourceOf(kind);
  return {
    namespaced: resource?.namespaced ?? true,
    statusSubresource: resource?.statusSubresource ?? true,
    generation: resource ? resource.group !== "" : kind.includes("."),
  };
}

/** Returns the metadata as Kubernetes' typed decoding does: without empty values and selfLink. */
export function compactMetadata(metadata: ObjectMeta): ObjectMeta {
  const fields = metadata as unknown as Readonly<Record<string, unknown>>;
  const isKept = (key: string): boolean => key !== "selfLink" && !isEmpty(fields[key]);
  const keys = Object.keys(fields);
  if (keys.every(isKept)) return metadata;
  const kept = Object.fromEntries(keys.filter(isKept).map((key) => [key, fields[key]]));
  return { ...(kept as Partial<ObjectMeta>), name: metadata.name };
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isFields(value)) return false;
  for (const _ in value) return false;
  return true;
}

export interface Birth {
  readonly uid: string;
  readonly creationTimestamp: string;
}

/** Returns a new object with uid, creation time and generation 1. Removes a status that has a subresource. */
export function makeCreated(kind: Kind, object: AnyObject, birth: Birth): AnyObject {
  const traits = traitsOf(kind);
  const { deletionTimestamp, deletionGracePeriodSeconds, generation, resourceVersion, managedFields, ...metadata } =
    object.metadata;
  const { status, ...rest } = object;
  return {
    ...rest,
    metadata: compactMetadata({ ...metadata, ...birth, ...(traits.generation ? { generation: 1 } : {}) }),
    ...(traits.statusSubresource || status === undefined ? {} : { status }),
  };
}

/**
 * Returns `incoming` with the values from `old` in fields that a writer cannot change. Increments the generation if
 * anything but metadata and status differs. Unchanged parts keep their reference, so that comparing them is fast.
 */
export function makeUpdated(kind: Kind, old: AnyObject, incoming: AnyObject): AnyObject {
  const traits = traitsOf(kind);
  const isSame = sameContent(incoming, old);
  const generation = (old.metadata.generation ?? 1) + (isSame ? 0 : 1);
  const metadata = updatedMetadata(old.metadata, incoming.metadata, traits.generation ? generation : undefined);
  const kept = traits.statusSubresource ? old.status : incoming.status;
  if (metadata === incoming.metadata && kept === incoming.status) return incoming;
  const { metadata: _, status: _status, ...content } = isSame ? old : incoming;
  return { ...content, metadata, ...(kept === undefined ? {} : { status: kept }) };
}

function updatedMetadata(before: ObjectMeta, incoming: ObjectMeta, generation: number | undefined): ObjectMeta {
  if (incoming === before && before.generation === generation) return before;
  const metadata = {
    ...incoming,
    name: before.name,
    namespace: before.namespace,
    uid: before.uid,
    resourceVersion: before.resourceVersion,
    creationTimestamp: before.creationTimestamp,
    deletionTimestamp: before.deletionTimestamp,
    deletionGracePeriodSeconds: before.deletionGracePeriodSeconds,
    managedFields: before.managedFields,
    generation,
  };
  return compactMetadata(metadata as ObjectMeta);
}

/** Returns the object with the managers that the write computes, or the refusal of the write. */
export function managed(object: AnyObject, { manage }: WriteOptions): Result<AnyObject, ApiStatus> {
  if (!manage) return ok(object);
  const managers = manage(object);
  if (!managers.ok) return managers;
  return ok({ ...object, metadata: compactMetadata({ ...object.metadata, managedFields: managers.value }) });
}

/** Returns true if the objects are equal, or differ only in the times of managedFields. */
export function isUnchanged(next: AnyObject, old: AnyObject): boolean {
  if (sameJson(next, old)) return true;
  // Only clients change managedFields. Other writes keep the same list.
  if (next.metadata.managedFields === old.metadata.managedFields) return false;
  return sameJson(withoutTimes(next), withoutTimes(old));
}

function withoutTimes(object: AnyObject): AnyObject {
  const { managedFields = [], ...metadata } = object.metadata;
  const timeless = managedFields.map(({ time: _, ...entry }) => entry);
  return { ...object, metadata: { ...metadata, managedFields: timeless as readonly ManagedFieldsEntry[] } };
}

function sameContent(a: AnyObject, b: AnyObject): boolean {
  const isContent = (key: string): boolean => key !== "metadata" && key !== "status";
  for (const key in a) if (isContent(key) && !sameJson(fieldOf(a, key), fieldOf(b, key))) return false;
  for (const key in b) if (isContent(key) && !(key in a) && fieldOf(b, key) !== undefined) return false;
  return true;
}

function fieldOf(object: AnyObject, key: string): unknown {
  return (object as unknown as Readonly<Record<string, unknown>>)[key];
}

export function withVersion(object: AnyObject, version: number): Stored {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } } as Stored;
}

/**
 * For a Secret: moves `stringData` into `data` and sets the default type. Returns any other object unchanged, also a
 * Secret whose fields have wrong types, which admission refuses.
 */
export function foldStringData(object: AnyObject): AnyObject {
  if (object.kind !== "Secret" || object.apiVersion !== "v1") return object;
  const { stringData, ...secret } = object as Secret;
  const typed: Secret = { ...secret, type: secret.type ?? "Opaque" };
  if (!stringData) return typed;
  const entries = Object.entries(stringData);
  const isText = isFields(stringData) && entries.every(([, value]) => typeof value === "string");
  if (!isText || !(secret.data === undefined || isFields(secret.data))) return object;
  const encoded = entries.map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
  return { ...typed, data: { ...secret.data, ...Object.fromEntries(encoded) } } as Secret;
}
