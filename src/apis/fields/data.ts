// Defines the fields of ConfigMap, Secret and Namespace.
import type { Kind } from "../kinds.ts";
import { list, numbered, type StructType, struct } from "./field.ts";
import { kindStruct } from "./meta.ts";

const configMap = kindStruct("ConfigMap", {
  immutable: numbered(4, "*bool"),
  data: numbered(2, "map[string]string"),
  binaryData: numbered(3, "map[string]bytes"),
});
const secret = kindStruct("Secret", {
  immutable: numbered(5, "*bool"),
  data: numbered(2, "map[string]bytes"),
  stringData: numbered(4, "map[string]string"),
  type: numbered(3, "string"),
});

/** Defines ConfigMap and Secret. Admission decodes objects of these kinds to find values that are not strings. */
export const dataStructs: ReadonlyMap<Kind, StructType> = new Map<Kind, StructType>([
  ["ConfigMap", configMap],
  ["Secret", secret],
]);

const namespaceCondition = struct("NamespaceCondition", {
  type: numbered(1, "string"),
  status: numbered(2, "string"),
  lastTransitionTime: numbered(4, "time"),
  reason: numbered(5, "string"),
  message: numbered(6, "string"),
});
const namespaceStatus = struct("NamespaceStatus", {
  phase: numbered(1, "string"),
  conditions: numbered(2, list(namespaceCondition), { mergeKey: "type" }),
});

export const namespace = kindStruct("Namespace", {
  spec: numbered(2, struct("NamespaceSpec", { finalizers: numbered(1, "[]string") })),
  status: numbered(3, namespaceStatus, { crd: "free" }),
});
