// Objects of every kind with missing and wrong fields: admission refuses them with a 4xx and never throws.
import { describe, expect, test } from "vitest";
import { admit } from "../../src/apis/admission.ts";
import { makeServingConfig } from "../../src/apis/config/serving-config.ts";
import { apiVersionOf, resources } from "../../src/apis/kinds.ts";

const { config } = makeServingConfig(new Map());
const object = (resource: (typeof resources)[number], more: object): never =>
  ({
    apiVersion: apiVersionOf(resource),
    kind: resource.name,
    metadata: { name: "x", ...(resource.namespaced ? { namespace: "default" } : {}) },
    ...more,
  }) as never;
const code = (given: never): number => {
  const answer = admit({ operation: "CREATE", object: given, user: "me" }, config);
  return "refused" in answer ? answer.refused.code : 201;
};

describe("an object of each kind", () => {
  const NEEDS_SPEC = resources.filter(
    ({ group, name }) => group.includes("internal") || ["Pod", "Deployment", "PersistentVolumeClaim"].includes(name),
  );
  test.each(NEEDS_SPEC)("is refused with 422 without a spec: $kind (11 A1)", (resource) => {
    expect(code(object(resource, {}))).toBe(422);
    expect(code(object(resource, { spec: null }))).toBe(422);
  });

  test.each(resources)("gets no exception for wrong types: $kind (11 A1, 11 A8)", (resource) => {
    const wrong: readonly unknown[] = [5, "x", true, [], [null], {}, { a: null }, { a: { b: 5 } }];
    for (const value of wrong) {
      for (const field of ["spec", "status", "data", "subsets", "involvedObject"]) {
        expect(code(object(resource, { [field]: value }))).toBeLessThan(500);
      }
      for (const field of ["labels", "annotations", "ownerReferences", "finalizers", "generateName", "name"]) {
        const metadata = { name: "x", namespace: "default", [field]: value };
        expect(code(object(resource, { metadata }))).toBeLessThan(500);
      }
    }
  });

  test("is refused with 422 if a list of an Ingress holds null (11 A1)", () => {
    const ingress = resources.find(({ name }) => name === "Ingress") as (typeof resources)[number];
    expect(code(object(ingress, { spec: { rules: [null] } }))).toBe(422);
    expect(code(object(ingress, { spec: { rules: [{ http: {} }] } }))).toBe(422);
    expect(code(object(ingress, { spec: { rules: [{ hosts: [5] }] } }))).toBe(422);
    expect(code(object(ingress, { spec: {} }))).toBe(201);
  });
});
