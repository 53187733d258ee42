// Defines the fields of metadata and of small types that many kinds share (apimachinery meta/v1, core/v1).
import { list, notInCrd, numbered, required, type StructType, struct } from "./field.ts";

const ownerReference = struct(
  "OwnerReference",
  {
    apiVersion: required("string", { proto: 5 }),
    kind: required("string", { proto: 1 }),
    name: required("string", { proto: 3 }),
    uid: required("string", { proto: 4 }),
    controller: numbered(6, "*bool"),
    blockOwnerDeletion: numbered(7, "*bool"),
  },
  { atomic: true },
);
const managedFieldsEntry = struct("ManagedFieldsEntry", {
  manager: numbered(1, "string"),
  operation: numbered(2, "string"),
  apiVersion: numbered(3, "string"),
  time: numbered(4, "time"),
  fieldsType: numbered(6, "string"),
  fieldsV1: numbered(7, "fieldsV1"),
  subresource: numbered(8, "string"),
});
const objectMeta = struct("ObjectMeta", {
  name: numbered(1, "string"),
  generateName: numbered(2, "string"),
  namespace: numbered(3, "string"),
  selfLink: "string",
  uid: numbered(5, "string"),
  resourceVersion: numbered(6, "string"),
  generation: numbered(7, "int64"),
  creationTimestamp: numbered(8, "time"),
  deletionTimestamp: numbered(9, "time"),
  deletionGracePeriodSeconds: numbered(10, "*int64"),
  labels: numbered(11, "map[string]string"),
  annotations: numbered(12, "map[string]string"),
  ownerReferences: numbered(13, list(ownerReference), { mergeKey: "uid", crd: "unkeyed" }),
  finalizers: numbered(14, "[]string", { set: true }),
  managedFields: numbered(17, list(managedFieldsEntry), { crd: "free" }),
});
export const metadata = numbered(1, objectMeta, { go: "ObjectMeta" });

/** Returns the struct of a kind, from the rows that follow apiVersion, kind and metadata. */
export function kindStruct(name: string, rows: Parameters<typeof struct>[1]): StructType {
  return struct(name, { kind: "string", apiVersion: "string", metadata, ...rows });
}

export const localObjectReference = struct(
  "LocalObjectReference",
  { name: numbered(1, "string", { default: "" }) },
  { atomic: true },
);
export const objectReference = struct(
  "ObjectReference",
  {
    kind: numbered(1, "string"),
    namespace: numbered(2, "string"),
    name: numbered(3, "string"),
    uid: numbered(4, "string"),
    apiVersion: numbered(5, "string"),
    resourceVersion: numbered(6, "string"),
    fieldPath: numbered(7, "string"),
  },
  { atomic: true },
);
const labelSelectorRequirement = struct("LabelSelectorRequirement", {
  key: required("string", { proto: 1 }),
  operator: required("string", { proto: 2 }),
  values: numbered(3, "[]string"),
});
export const labelSelector = struct(
  "LabelSelector",
  {
    matchLabels: numbered(1, "map[string]string"),
    matchExpressions: numbered(2, list(labelSelectorRequirement)),
  },
  { atomic: true },
);
/** Limits and requests of a container or a volume claim. */
export const resourceLists = {
  limits: numbered(1, "map[string]quantity"),
  requests: numbered(2, "map[string]quantity"),
};
const resourceClaim = struct("ResourceClaim", { name: required("string"), request: "string" });
export const resourceRequirements = struct("ResourceRequirements", {
  ...resourceLists,
  claims: notInCrd(list(resourceClaim), { mapKeys: ["name"] }),
});
