// Strategic merge patches as kubectl makes them of built-in kinds. The expectations follow what Kubernetes' own implementation makes of the same patches.
import { describe, expect, test } from "vitest";
import { applyStrategicPatch } from "../../../src/api-server/strategic-merge.ts";
import { builtinStructs } from "../../../src/apis/fields/core.ts";
import type { StructType } from "../../../src/apis/fields/field.ts";

const ports = (...list: readonly (number | object)[]) => ({
  spec: { ports: list.map((port) => (typeof port === "number" ? { port } : port)) },
});
const order = (...list: readonly number[]) => ({ "$setElementOrder/ports": list.map((port) => ({ port })) });
const finalizers = (...list: readonly string[]) => ({ metadata: { finalizers: list } });
/** The kind whose fields a case uses; cases with unknown fields are Services. */
function structOf(object: object, patch: object): StructType | undefined {
  const text = JSON.stringify([object, patch]);
  if (text.includes("template")) return builtinStructs.get("Deployment.apps");
  return builtinStructs.get(text.includes("volumes") ? "Pod" : text.includes("Secrets") ? "ServiceAccount" : "Service");
}
const container = (fields: object) => ({ spec: { template: { spec: { containers: [{ name: "c", ...fields }] } } } });

describe("a strategic merge patch", () => {
  test.each([
    [
      "merges fields and drops those that are null",
      { a: { b: 1, c: 2 } },
      { a: { b: null, d: 3 } },
      { a: { c: 2, d: 3 } },
    ],
    [
      "replaces a list that has no key",
      { imagePullSecrets: [{ name: "a" }] },
      { imagePullSecrets: [{ name: "b" }] },
      { imagePullSecrets: [{ name: "b" }] },
    ],
    [
      "merges items of a list by their key",
      ports({ port: 80, name: "a" }, 81),
      ports({ port: 80, nodePort: 1 }),
      ports({ port: 80, name: "a", nodePort: 1 }, 81),
    ],
    ["puts new items where the patch has them", ports(1, 2), ports(3, 2), ports(3, 1, 2)],
    ["puts new items before those that it does not name", ports(1, 2), ports(3), ports(3, 1, 2)],
    [
      "deletes items by their key, also such as are not there",
      ports(1, 2),
      ports({ port: 1, $patch: "delete" }, { port: 9, $patch: "delete" }),
      ports(2),
    ],
    [
      "merges into the first and deletes all of several items with one key",
      ports({ port: 53, protocol: "TCP" }, { port: 53, protocol: "UDP" }, 80, 80),
      ports({ port: 53, name: "dns" }, { port: 80, $patch: "delete" }),
      ports({ port: 53, protocol: "TCP", name: "dns" }, { port: 53, protocol: "UDP" }),
    ],
    ["replaces the list when told so", ports(1, 2), ports(3, { $patch: "replace" }), ports(3)],
    ["orders as told, others keep their places", ports(1, 2, 3, 4), { spec: order(3, 1) }, ports(2, 3, 1, 4)],
    ["merges and orders", ports(1, 2, 3), { spec: { ...ports(4).spec, ...order(3, 4, 1) } }, ports(2, 3, 4, 1)],
    ["makes a list that was not there", {}, ports(2, 1), ports(2, 1)],
    ["drops a keyed list that is null", { ...ports(1), a: 1 }, { spec: { ports: null } }, { spec: {}, a: 1 }],
    ["joins texts", finalizers("a", "b"), finalizers("c", "a"), finalizers("c", "a", "b")],
    [
      "takes texts out of a list",
      finalizers("a", "b"),
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a", "z"] } },
      finalizers("b"),
    ],
    [
      "takes nothing out of a list that is not there",
      {},
      { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } },
      { metadata: {} },
    ],
    [
      "knows the lists inside of items",
      container({ env: [{ name: "A", value: "1" }, { name: "B" }], args: ["x"] }),
      container({ env: [{ name: "A", value: "2" }], args: ["y", "z"] }),
      container({ env: [{ name: "A", value: "2" }, { name: "B" }], args: ["y", "z"] }),
    ],
    [
      "keeps only what is retained of a union",
      { spec: { volumes: [{ name: "v", configMap: { name: "x" } }] } },
      { spec: { volumes: [{ name: "v", $retainKeys: ["name", "emptyDir"], emptyDir: {} }] } },
      { spec: { volumes: [{ name: "v", emptyDir: {} }] } },
    ],
    ["replaces fields when told so", { a: { b: 1 } }, { a: { $patch: "replace", c: 2 } }, { a: { c: 2 } }],
    ["empties fields when told so", { a: { b: 1 } }, { a: { $patch: "delete" } }, { a: {} }],
    [
      "leaves directives out of what it adds",
      {},
      { spec: { ports: [{ port: 1, x: { $patch: "merge", y: null } }] } },
      { spec: { ports: [{ port: 1, x: {} }] } },
    ],
  ])("%s", (_, object, patch, expected) => {
    const before = structuredClone(object);
    expect(applyStrategicPatch(object, patch, structOf(object, patch))).toEqual({ object: expected });
    expect(object).toEqual(before);
  });

  test.each([
    ["an item without its key", ports({ name: "a" }), "spec.ports: every item of the patch needs its merge key port"],
    ["an unknown directive", { spec: { $patch: "upend" } }, "spec: $patch has to be delete, merge or replace"],
    ["an order that is no list", { spec: { "$setElementOrder/ports": 1 } }, "spec.ports: a list is expected"],
  ])("is refused for %s", (_, patch, error) => {
    expect(applyStrategicPatch(ports(80), patch, builtinStructs.get("Service"))).toEqual({ error });
  });
});
