// Tests objects of every kind with missing and wrong fields: admission refuses them with a 4xx and never throws.
import { describe, expect, test } from "vitest";
import { admit } from "../../src/apis/admission.ts";
import { makeServingConfig } from "../../src/apis/config/serving-config.ts";
import type { FieldType, StructType } from "../../src/apis/fields/field.ts";
import { statusStruct } from "../../src/apis/fields/status.ts";
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
  test.each(NEEDS_SPEC)("an object without a spec is refused with 422: $kind (11 A1)", (resource) => {
    expect(code(object(resource, {}))).toBe(422);
    expect(code(object(resource, { spec: null }))).toBe(422);
  });

  test.each(resources)("an object with wrong types causes no exception: $kind (11 A1, 11 A8)", (resource) => {
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

  test("an Ingress with null in a list is refused with 422 (11 A1)", () => {
    const ingress = resources.find(({ name }) => name === "Ingress") as (typeof resources)[number];
    expect(code(object(ingress, { spec: { rules: [null] } }))).toBe(422);
    expect(code(object(ingress, { spec: { rules: [{ http: {} }] } }))).toBe(422);
    expect(code(object(ingress, { spec: { rules: [{ hosts: [5] }] } }))).toBe(422);
    expect(code(object(ingress, { spec: {} }))).toBe(201);
  });
});

describe("a status write of each kind", () => {
  const STATUS = resources.filter(({ statusSubresource }) => statusSubresource);
  const statusCode = (resource: (typeof resources)[number], status: unknown): number => {
    const answer = admit(
      { operation: "UPDATE", subresource: "status", object: object(resource, { status }), user: "me" },
      config,
    );
    return "refused" in answer ? answer.refused.code : 200;
  };

  test.each(STATUS)("a status is refused with 422 for each field of a wrong type: $kind (11 A1)", (resource) => {
    for (const status of [5, "x", []]) expect(statusCode(resource, status)).toBe(422);
    const type = statusStruct(resource.kind) as StructType;
    expect(type).toBeDefined();
    for (const { json, type: fieldType } of type.fields) {
      for (const value of wrongValues(fieldType)) {
        expect([json, value, statusCode(resource, { [json]: value })]).toEqual([json, value, 422]);
      }
      expect([json, statusCode(resource, { [json]: null })]).toEqual([json, 200]);
    }
    expect(statusCode(resource, {})).toBe(200);
  });

  test("a status is refused with 422 for an address that is not an object, and for a condition without a type (11 A1)", () => {
    const service = STATUS.find(({ group, name }) => group === "serving.knative.dev" && name === "Service");
    expect(statusCode(service as never, { address: { url: 5 } })).toBe(422);
    expect(statusCode(service as never, { conditions: [{ status: "True" }] })).toBe(422);
    expect(statusCode(service as never, { conditions: [{ type: "Ready", status: "True" }] })).toBe(200);
  });
});

describe("a Pod", () => {
  const pod = resources.find(({ kind }) => kind === "Pod") as (typeof resources)[number];
  const containers = [{ name: "c", image: "x" }];

  test.each([
    ["terminationGracePeriodSeconds", "30s"],
    ["terminationGracePeriodSeconds", 1e300],
    ["activeDeadlineSeconds", 1.5],
    ["nodeName", 5],
    ["restartPolicy", []],
    ["hostname", { a: 1 }],
    ["securityContext", { runAsUser: "root" }],
    ["initContainers", [{ name: 5 }]],
    ["tolerations", [{ key: 5 }]],
    ["hostAliases", [null]],
    ["containers", [{ name: "c", image: "x", lifecycle: { preStop: 5 } }]],
    ["containers", [{ name: "c", image: "x", ports: [{ containerPort: 2 ** 40 }] }]],
    ["containers", [{ name: "c", image: "x", livenessProbe: { terminationGracePeriodSeconds: "1" } }]],
    ["volumes", [{ name: "v", hostPath: { path: 5 } }]],
    ["volumes", [{ name: "v", downwardAPI: { items: 5 } }]],
  ])("a Pod is refused with 422 for %s: %j, which Knative's CRD does not check (11 A1)", (field, value) => {
    expect(code(object(pod, { spec: { containers, [field]: value } }))).toBe(422);
  });
});

/** Values that a field of this type cannot have. */
function wrongValues(type: FieldType): readonly unknown[] {
  if (typeof type === "object" && "ptr" in type) return wrongValues(type.ptr);
  if (typeof type === "object" && "list" in type) return [5, "x", {}, [null]];
  if (typeof type === "object") return [5, "x", [], [5]];
  if (type === "any") return [];
  if (type === "int32" || type === "int64") return ["5", 1.5, 1e300, {}, []];
  return type === "bool" ? [5, "true", {}] : [true, {}, []];
}
