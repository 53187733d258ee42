// Tests strategic merge patches of built-in kinds. The expected results come from Kubernetes' implementation.
import { describe, expect, test } from "vitest";
import { applyStrategicPatch } from "../../../src/api-server/strategic-merge.ts";
import { builtinStructs } from "../../../src/apis/fields/core.ts";
import type { StructType } from "../../../src/apis/fields/field.ts";
import { failed, ok } from "../../../src/base/result.ts";

const ports = (...list: readonly (number | object)[]) => ({
  spec: { ports: list.map((port) => (typeof port === "number" ? { port } : port)) },
});
const order = (...list: readonly number[]) => ({ "$setElementOrder/ports": list.map((port) => ({ port })) });
const finalizers = (...list: readonly string[]) => ({ metadata: { finalizers: list } });
/** Returns the kind that a case uses. Cases with unknown fields are Services. */
function structOf(object: object, patch: object): StructType | undefined {
  const text = JSON.stringify([object, patch]);
  if (text.includes("template")) return builtinStructs.get("Deployment.apps");
  return builtinStructs.get(text.includes("volumes") ? "Pod" : text.includes("Secrets") ? "ServiceAccount" : "Service");
}
const container = (fields: object) => ({ spec: { template: { spec: { containers: [{ name: "c", ...fields }] } } } });

describe("a strategic merge patch", () => {
  test.each([
    [
      "merges fields and removes fields that are null",
      { a: { b: 1, c: 2 } },
      { a: { b: null, d: 3 } },
      { a: { c: 2, d: 3 } },
    ],
    [
      "replaces a list without a merge key",
      { imagePullSecrets: [{ name: "a" }] },
      { imagePullSecrets: [{ name: "b" }] },
      { imagePullSecrets: [{ name: "b" }] },
    ],
    [
      "merges list items by their key",
      ports({ port: 80, name: "a" }, 81),
      ports({ port: 80, nodePort: 1 }),
      ports({ port: 80, name: "a", nodePort: 1 }, 81),
    ],
    ["inserts new items at their place in the patch", ports(1, 2), ports(3, 2), ports(3, 1, 2)],
    ["inserts new items before items that it does not name", ports(1, 2), ports(3), ports(3, 1, 2)],
    [
      "deletes items by their key and ignores missing items",
      ports(1, 2),
      ports({ port: 1, $patch: "delete" }, { port: 9, $patch: "delete" }),
      ports(2),
    ],
    [
      "merges into the first of several items with equal keys, and deletes all of them",
      ports({ port: 53, protocol: "TCP" }, { port: 53, protocol: "UDP" }, 80, 80),
      ports({ port: 53, name: "dns" }, { port: 80, $patch: "delete" }),
      ports({ port: 53, protocol: "TCP", name: "dns" }, { port: 53, protocol: "UDP" }),
    ],
    ["replaces a list with the directive replace", ports(1, 2), ports(3, { $patch: "replace" }), ports(3)],
    [
      "orders the named items and keeps the places of the others",
      ports(1, 2, 3, 4),
      { spec: order(3, 1) },
      ports(2, 3, 1, 4),
    ],
    ["merges and orders", ports(1, 2, 3), { spec: { ...ports(4).spec, ...order(3, 4, 1) } }, ports(2, 3, 4, 1)],
    ["creates a missing list", {}, ports(2, 1), ports(2, 1)],
    ["removes a keyed list that is null", { ...ports(1), a: 1 }, { spec: { ports: null } }, { spec: {}, a: 1 }],
    ["adds the new values to a set of strings", finalizers("a", "b"), finalizers("c", "a"), finalizers("c", "a", "b")],
    [
      "deletes values from a set of strings",
      finalizers("a", "b"),
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a", "z"] } },
      finalizers("b"),
    ],
    [
      "ignores a deletion from a missing set",
      {},
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
      { metadata: {} },
    ],
    [
      "merges keyed lists inside list items",
      container({ env: [{ name: "A", value: "1" }, { name: "B" }], args: ["x"] }),
      container({ env: [{ name: "A", value: "2" }], args: ["y", "z"] }),
      container({ env: [{ name: "A", value: "2" }, { name: "B" }], args: ["y", "z"] }),
    ],
    [
      "keeps only the fields of a union that $retainKeys names",
      { spec: { volumes: [{ name: "v", configMap: { name: "x" } }] } },
      { spec: { volumes: [{ name: "v", $retainKeys: ["name", "emptyDir"], emptyDir: {} }] } },
      { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
    ],
    [
      "replaces an object with the directive replace",
      { a: { b: 1 } },
      { a: { $patch: "replace", c: 2 } },
      { a: { c: 2 } },
    ],
    ["empties an object with the directive delete", { a: { b: 1 } }, { a: { $patch: "delete" } }, { a: {} }],
    [
      "removes directives from added items",
      {},
      { spec: { ports: [{ port: 1, x: { $patch: "merge", y: null } }] } },
      { spec: { ports: [{ port: 1, x: {} }] } },
    ],
  ])("a strategic merge patch %s", (_, object, patch, expected) => {
    const before = structuredClone(object);
    expect(applyStrategicPatch(object, patch, structOf(object, patch))).toEqual(ok(expected));
    expect(object).toEqual(before);
  });

  test.each([
    ["an item without its key", ports({ name: "a" }), "spec.ports: every item of the patch needs its merge key port"],
    ["an unknown directive", { spec: { $patch: "upend" } }, "spec: $patch has to be delete, merge or replace"],
    ["an order that is not a list", { spec: { "$setElementOrder/ports": 1 } }, "spec.ports: a list is expected"],
  ])("a strategic merge patch is refused for %s", (_, patch, error) => {
    expect(applyStrategicPatch(ports(80), patch, builtinStructs.get("Service"))).toEqual(failed(error));
  });
});
