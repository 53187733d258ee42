// The schema of metadata, as the API server knows it for every kind.
import { flag, free, int64, listOf, object, type Schema, text, textMap, texts } from "./schema.ts";

export const metadataSchema: Schema = object({
  name: text,
  generateName: text,
  namespace: text,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: int64,
  creationTimestamp: text,
  deletionTimestamp: text,
  deletionGracePeriodSeconds: int64,
  labels: textMap,
  annotations: textMap,
  ownerReferences: listOf(
    object(
      { apiVersion: text, kind: text, name: text, uid: text, controller: flag, blockOwnerDeletion: flag },
      "apiVersion",
      "kind",
      "name",
      "uid",
    ),
  ),
  finalizers: texts,
  managedFields: listOf(free),
});
