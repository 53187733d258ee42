// Go's object metadata, as the decoder and the differ need it.
import { keep, list, map, ptr, struct } from "./go-type.ts";

const ownerReference = struct("OwnerReference", {
  apiVersion: keep("string"),
  kind: keep("string"),
  name: keep("string"),
  uid: keep("string"),
  controller: ptr("bool"),
  blockOwnerDeletion: ptr("bool"),
});

export const objectMeta = struct("ObjectMeta", {
  name: "string",
  generateName: "string",
  namespace: "string",
  selfLink: "string",
  uid: "string",
  resourceVersion: "string",
  generation: "int64",
  creationTimestamp: "time",
  deletionTimestamp: "time",
  deletionGracePeriodSeconds: ptr("int64"),
  labels: map("string"),
  annotations: map("string"),
  ownerReferences: list(ownerReference),
  finalizers: list("string"),
  managedFields: list("any"),
});
