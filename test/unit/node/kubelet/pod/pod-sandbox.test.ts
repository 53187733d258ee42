// The network of a pod when the session's network has no free address.
import { expect, test } from "vitest";
import { silentLogger } from "../../../../../src/base/logger.ts";
import type { NodeParts } from "../../../../../src/node/kubelet/node-parts.ts";
import { PodSandbox } from "../../../../../src/node/kubelet/pod/pod-sandbox.ts";
import { podFacts } from "../../../../support/pod-facts.ts";

test("a pod without a free address fails with advice, and never joins another network (11 B9)", () => {
  const network = { id: "n", take: () => undefined };
  const parts = { network, runtime: { capabilities: { networks: true } }, info: {}, log: silentLogger, extraHosts: [] };
  const sandbox = new PodSandbox(parts as unknown as NodeParts, podFacts([]).pod, { send: () => {} }, undefined);
  expect(() => sandbox.networking()).toThrow(/addresses of the session's network are in use; scale a Service down/);
});
