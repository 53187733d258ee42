import { describe, expect, it } from "vitest";
import type { AnyObject } from "../../../../src/apis/meta/object.ts";
import { mergeSchemaOf } from "../../../../src/apis/schema/merge-schema.ts";
import { LAST_APPLIED_ANNOTATION } from "../../../../src/apis/serving/labels.ts";
import { pathTexts } from "../../../../src/control-plane/field-manager/field-set.ts";
import { decodeFields } from "../../../../src/control-plane/field-manager/fields-v1.ts";
import { fieldsOfLastApplied, withLastApplied } from "../../../../src/control-plane/field-manager/last-applied.ts";
import { mergeValues } from "../../../../src/control-plane/field-manager/merge-values.ts";
import { typedErrorText } from "../../../../src/control-plane/field-manager/typed-errors.ts";
import { fieldSetOf } from "../../../../src/control-plane/field-manager/value-set.ts";
import { applied, applyTo, updateTo } from "../../../support/apply.ts";

const SERVICE = mergeSchemaOf("Service.serving.knative.dev");
const POD = mergeSchemaOf("Pod");
const ksvc = (spec: object, metadata: object = {}): AnyObject => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", ...metadata },
  spec: { template: { spec } },
});
const managersOf = ({ metadata }: AnyObject) =>
  metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`);
const pathsOf = ({ metadata }: AnyObject, name: string): readonly string[] => {
  const entry = metadata.managedFields?.find(({ manager }) => manager === name);
  return pathTexts(decodeFields(entry?.fieldsV1)!);
};

describe("list types", () => {
  const items = (...names: readonly string[]) => ({ spec: { volumes: names.map((name) => ({ name })) } });
  const merged = (live: string, config: string): string => {
    const value = mergeValues(POD, items(...live), items(...config)) as ReturnType<typeof items>;
    return value.spec.volumes.map(({ name }) => name).join("");
  };

  it("the items of a merged list have the order of the configuration, with the other items between them", () => {
    expect(merged("abd", "dba")).toBe("dba");
    expect(merged("dbac", "bea")).toBe("dbeac");
    expect(merged("xa", "ca")).toBe("xca");
    expect(merged("axb", "bca")).toBe("xbca");
    expect(merged("", "ab")).toBe("ab");
    expect(merged("ab", "")).toBe("ab");
  });

  it("the containers of a Knative Service have one owner, and those of a Pod one owner each", () => {
    const containers = [{ name: "c", image: "x", ports: [{ containerPort: 80 }] }];
    expect(pathTexts(fieldSetOf(SERVICE, ksvc({ containers })))).toContain(".spec.template.spec.containers");
    const paths = pathTexts(fieldSetOf(POD, { spec: { containers } }));
    // The protocol is a key, so its default is part of the path.
    expect(paths).toContain('.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].containerPort');
  });

  it("an object that preserves unknown fields has owners per field", () => {
    const paths = pathTexts(fieldSetOf(SERVICE, ksvc({ affinity: { a: { b: [1] } } })));
    expect(paths.filter((path) => path.includes("affinity"))).toEqual([
      ".spec.template.spec.affinity.a",
      ".spec.template.spec.affinity.a.b",
    ]);
  });
});

describe("conflicts", () => {
  const live = applied(applyTo(undefined, "alice", ksvc({ timeoutSeconds: 1 }, { labels: { a: "1" } })));

  it("an apply that changes a field of another manager is refused and names manager and field", () => {
    const refused = applyTo(live, "bob", ksvc({ timeoutSeconds: 2 }));
    expect(refused).toMatchObject({
      error: {
        code: 409,
        reason: "Conflict",
        message: 'Apply failed with 1 conflict: conflict with "alice": .spec.template.spec.timeoutSeconds',
        details: { causes: [{ reason: "FieldManagerConflict", field: ".spec.template.spec.timeoutSeconds" }] },
      },
    });
  });

  it("force takes the field from the other manager", () => {
    const taken = applied(applyTo(live, "bob", ksvc({ timeoutSeconds: 2 }), { force: true }));
    expect(pathsOf(taken, "alice")).toEqual([".metadata.labels.a"]);
    expect(pathsOf(taken, "bob")).toEqual([".spec.template.spec.timeoutSeconds"]);
  });

  it("a manager that updates is named with its API version", () => {
    const updated = updateTo(live, "kubectl-edit", ksvc({ timeoutSeconds: 3 }, live.metadata));
    const refused = applyTo(updated, "alice", ksvc({ timeoutSeconds: 1 }));
    expect(refused).toMatchObject({
      error: { details: { causes: [{ message: 'conflict with "kubectl-edit" using serving.knative.dev/v1' }] } },
    });
  });

  it("two managers own a field together if they apply the same value, and it stays when one of them leaves", () => {
    const both = applied(applyTo(live, "bob", ksvc({ timeoutSeconds: 1 })));
    const left = applied(applyTo(both, "alice", ksvc({})));
    expect(left.spec).toMatchObject({ template: { spec: { timeoutSeconds: 1 } } });
    expect(left.metadata.labels).toBeUndefined();
  });
});

describe("managers", () => {
  it("a created object has one manager, and an object without managers gets none by an update", () => {
    const made = updateTo(undefined, "maker", ksvc({ timeoutSeconds: 1 }));
    expect(managersOf(made)).toEqual(["maker Update"]);
    const forgotten = updateTo(made, "maker", { ...made, metadata: { ...made.metadata, managedFields: [] } });
    expect(forgotten.metadata.managedFields).toEqual([]);
    expect(updateTo(forgotten, "maker", ksvc({ timeoutSeconds: 2 })).metadata.managedFields).toEqual([]);
  });

  it("the first apply to an object without managers gives its fields to before-first-apply", () => {
    const bare = ksvc({ timeoutSeconds: 1 });
    expect(applyTo(bare, "alice", ksvc({ timeoutSeconds: 2 }))).toMatchObject({
      error: { message: expect.stringContaining('conflict with "before-first-apply" using serving.knative.dev/v1') },
    });
  });

  it("at most ten managers update; the fields of the oldest ones are merged", () => {
    let live = updateTo(undefined, "m00", ksvc({}, { labels: { m00: "" } }), { now: "2026-01-01T00:00:00Z" });
    for (let at = 1; at <= 12; at += 1) {
      const name = `m${String(at).padStart(2, "0")}`;
      const labels = { ...live.metadata.labels, [name]: "" };
      const metadata = { ...live.metadata, labels };
      live = updateTo(live, name, { ...live, metadata }, { now: `2026-01-01T00:00:${String(at).padStart(2, "0")}Z` });
    }
    expect(managersOf(live)).toHaveLength(10);
    expect(managersOf(live)?.[0]).toBe("ancient-changes Update");
    expect(pathsOf(live, "ancient-changes")).toEqual(
      expect.arrayContaining([".metadata.labels.m00", ".metadata.labels.m03"]),
    );
    expect(pathsOf(live, "m12")).toEqual([".metadata.labels.m12"]);
  });

  it("an update with malformed managedFields keeps the stored ones", () => {
    const live = updateTo(undefined, "maker", ksvc({ timeoutSeconds: 1 }));
    const [entry] = live.metadata.managedFields!;
    for (const wrong of [
      { ...entry, operation: "Frob" },
      { ...entry, fieldsV1: { "k:{": {} } },
      { ...entry, apiVersion: "" },
    ]) {
      const given = { ...live, metadata: { ...live.metadata, managedFields: [wrong] } } as AnyObject;
      expect(updateTo(live, "other", given).metadata.managedFields).toEqual(live.metadata.managedFields);
    }
  });
});

describe("typed errors", () => {
  it("a configuration with an unknown field, a wrong type or an item twice is refused with the path", () => {
    expect(typedErrorText(SERVICE, ksvc({ bogus: 1 }))).toBe(".spec.template.spec.bogus: field not declared in schema");
    expect(typedErrorText(SERVICE, ksvc({ timeoutSeconds: "soon" }))).toBe(
      ".spec.template.spec.timeoutSeconds: expected numeric (int or float), got string",
    );
    const twice = [{ name: "a" }, { name: "a" }];
    expect(typedErrorText(SERVICE, ksvc({ volumes: twice, timeoutSeconds: true }))).toBe(
      [
        "errors:",
        '  .spec.template.spec.volumes: duplicate entries for key [name="a"]',
        "  .spec.template.spec.timeoutSeconds: expected numeric (int or float), got boolean",
      ].join("\n"),
    );
    expect(typedErrorText(SERVICE, ksvc({ volumes: [{}] }))).toContain("omits all key fields");
    expect(typedErrorText(SERVICE, ksvc({ containers: [{ resources: { limits: { cpu: 1 } } }] }))).toBeUndefined();
  });
});

describe("the annotation of client-side apply", () => {
  const before = ksvc({ timeoutSeconds: 1 });
  const annotations = { [LAST_APPLIED_ANNOTATION]: JSON.stringify(before) };
  const live = ksvc({ timeoutSeconds: 1, containerConcurrency: 5 }, { annotations });

  it("kubectl may change the fields that client-side apply set and that still have its values", () => {
    expect(pathTexts(fieldsOfLastApplied(SERVICE, "kubectl", live))).toContain(".spec.template.spec.timeoutSeconds");
    const edited = ksvc({ timeoutSeconds: 7 }, { annotations });
    expect(pathTexts(fieldsOfLastApplied(SERVICE, "kubectl", edited))).not.toContain(
      ".spec.template.spec.timeoutSeconds",
    );
    expect(pathTexts(fieldsOfLastApplied(SERVICE, "bob", live))).toEqual([]);
  });

  it("an apply of kubectl brings the annotation up to date", () => {
    const { annotations: next } = withLastApplied(live, "kubectl", ksvc({ timeoutSeconds: 2 })).metadata;
    expect(JSON.parse(next?.[LAST_APPLIED_ANNOTATION] ?? "")).toEqual(ksvc({ timeoutSeconds: 2 }));
    expect(withLastApplied(live, "bob", before)).toBe(live);
  });
});
