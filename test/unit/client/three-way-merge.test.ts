import fc from "fast-check";
import { expect, it } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { applyMergePatch, sameJson } from "../../../src/base/json.ts";
import { lastApplied, makeThreeWayPatch, withLastApplied } from "../../../src/client/three-way-merge.ts";

const object = (spec: unknown): AnyObject => ({ apiVersion: "v1", kind: "X", metadata: { name: "x" }, spec });

it.each([
  ["nothing changed", { a: 1 }, { a: 1 }, { a: 1, theirs: 2 }, {}],
  ["a field is new", { a: 1 }, { a: 1, b: { c: 2 } }, { a: 1 }, { spec: { b: { c: 2 } } }],
  [
    "a field was removed",
    { a: 1, b: { c: 2, d: 3 } },
    { a: 1, b: { d: 3 } },
    { a: 1, b: { c: 2, d: 3 } },
    { spec: { b: { c: null } } },
  ],
  ["another writer changed the field", { a: 1 }, { a: 1 }, { a: 9 }, { spec: { a: 1 } }],
  ["a list is replaced", { l: [1, 2] }, { l: [2] }, { l: [1, 2, 3] }, { spec: { l: [2] } }],
  ["the removed field does not exist any more", { a: 1 }, {}, {}, { spec: { a: null } }],
])("the patch is correct when %s", (_, original, modified, current, patch) => {
  expect(makeThreeWayPatch(object(original), object(modified), object(current))).toEqual(patch);
});

const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, fc.integer(), fc.array(fc.integer(), { maxLength: 2 }), tie("fields")),
  fields: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { noNullPrototype: true }),
})).fields;

it("the patched object has all fields of the new file and none that only the old file had", () => {
  fc.assert(
    fc.property(json, json, json, (original, modified, current) => {
      const patch = makeThreeWayPatch(object(original), object(modified), object(current));
      const result = applyMergePatch(object(current), patch) as AnyObject;
      const again = makeThreeWayPatch(object(modified), object(modified), result);
      expect(again).toEqual({});
      for (const [key, value] of Object.entries(original as object)) {
        const kept = (modified as Record<string, unknown>)[key] !== undefined;
        if (!kept) expect(result.spec).not.toHaveProperty(key, value);
      }
    }),
  );
});

it("the annotation has the applied object without the annotation itself", () => {
  const once = withLastApplied(object({ a: 1 }));
  const twice = withLastApplied(once);
  expect(sameJson(once, twice)).toBe(true);
  expect(lastApplied(twice)).toEqual({ ...object({ a: 1 }), metadata: { name: "x", annotations: {} } });
  expect(lastApplied(object({}))).toEqual({});
});
