// Converts object metadata for Go templates: to the fields of v1.ObjectMeta with their Go names.
import type { GoStruct } from "../../base/go/template.ts";
import type { ObjectMeta } from "./object.ts";

export function goObjectMeta(meta: Partial<ObjectMeta>): GoStruct {
  return {
    goType: "v1.ObjectMeta",
    fields: {
      Name: meta.name ?? "",
      GenerateName: meta.generateName ?? "",
      Namespace: meta.namespace ?? "",
      SelfLink: "",
      UID: meta.uid ?? "",
      ResourceVersion: meta.resourceVersion ?? "",
      Generation: meta.generation ?? 0,
      CreationTimestamp: meta.creationTimestamp ?? "",
      DeletionTimestamp: meta.deletionTimestamp ?? null,
      DeletionGracePeriodSeconds: meta.deletionGracePeriodSeconds ?? null,
      Labels: meta.labels ?? {},
      Annotations: meta.annotations ?? {},
      OwnerReferences: meta.ownerReferences ?? [],
      Finalizers: meta.finalizers ?? [],
      ManagedFields: [],
    },
  };
}
