// References in a pod to names that every JavaScript object inherits.
import { expect, test } from "vitest";
import type { StoredPod } from "../../../../../src/apis/core/pod.ts";
import { fieldText, resourceText } from "../../../../../src/node/kubelet/spec/downward-spec.ts";
import { renderEnvironment } from "../../../../../src/node/kubelet/spec/environment-spec.ts";

const container = { name: "c", resources: { limits: { cpu: "1" }, requests: {} } };
const pod = { metadata: { name: "p", namespace: "shop", labels: {} }, spec: { containers: [container] } };
const stored = pod as unknown as StoredPod;
const node = { podIP: "", hostIP: "", nodeName: "", nodeCpus: 1, nodeMemoryBytes: 1 };

test("fields and resources of a pod have no inherited values (11 A1)", () => {
  expect(fieldText(stored, "metadata.labels['constructor']", node)).toBe("");
  expect(resourceText(stored, container, { resource: "limits.constructor" }, node)).toBe("0");
  expect(resourceText(stored, container, { resource: "requests.constructor" }, node)).toBe("0");
});

test.each(["configMap", "secret"] as const)("a key of a %s is not an inherited property (11 A1)", (kind) => {
  const reference = { name: "conf", key: "constructor" };
  const valueFrom = kind === "secret" ? { secretKeyRef: reference } : { configMapKeyRef: reference };
  const found = { data: {} } as never;
  const sources = { ...node, configMap: () => found, secret: () => found };
  expect(renderEnvironment(stored, { ...container, env: [{ name: "X", valueFrom }] }, sources)).toEqual({
    error: `couldn't find key constructor in ${kind === "secret" ? "Secret" : "ConfigMap"} shop/conf`,
  });
});
