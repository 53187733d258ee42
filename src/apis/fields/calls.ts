// Defines the fields of bodies that the API answers and does not store: reviews of rights and evictions.
import { deleteOptions } from "./core.ts";
import { numbered, pointer, type StructType, struct } from "./field.ts";
import { kindStruct } from "./meta.ts";

const resourceAttributes = struct("ResourceAttributes", {
  namespace: numbered(1, "string"),
  verb: numbered(2, "string"),
  group: numbered(3, "string"),
  version: numbered(4, "string"),
  resource: numbered(5, "string"),
  subresource: numbered(6, "string"),
  name: numbered(7, "string"),
});
const asked = {
  resourceAttributes: numbered(1, pointer(resourceAttributes)),
  nonResourceAttributes: numbered(
    2,
    pointer(struct("NonResourceAttributes", { path: numbered(1, "string"), verb: numbered(2, "string") })),
  ),
};
const subject = struct("SubjectAccessReviewSpec", {
  ...asked,
  user: numbered(3, "string"),
  groups: numbered(4, "[]string"),
  uid: numbered(6, "string"),
});
const review = (name: string, spec: StructType): StructType => kindStruct(name, { spec: numbered(2, spec) });

/** By group-kind. */
export const callStructs: ReadonlyMap<string, StructType> = new Map([
  [
    "SelfSubjectAccessReview.authorization.k8s.io",
    review("SelfSubjectAccessReview", struct("SelfSubjectAccessReviewSpec", asked)),
  ],
  ["SubjectAccessReview.authorization.k8s.io", review("SubjectAccessReview", subject)],
  ["LocalSubjectAccessReview.authorization.k8s.io", review("LocalSubjectAccessReview", subject)],
  [
    "SelfSubjectRulesReview.authorization.k8s.io",
    review("SelfSubjectRulesReview", struct("SelfSubjectRulesReviewSpec", { namespace: numbered(1, "string") })),
  ],
  ["SelfSubjectReview.authentication.k8s.io", kindStruct("SelfSubjectReview", {})],
  ["Eviction.policy", kindStruct("Eviction", { deleteOptions: numbered(2, pointer(deleteOptions)) })],
]);
