// Runs the contract of all forwarders, derived from the facts of Knative's data plane. Skips the checks in `lacks`.
import { describe, expect, test } from "vitest";
import { httpProxyForwarder } from "../../src/data-plane/http-client/http-proxy-forwarder.ts";
import { fallbackForwarder, nodeForwarder } from "../../src/data-plane/http-client/node-forwarder.ts";
import { flowChecks } from "./forwarder-flow-checks.ts";
import { messageChecks } from "./forwarder-message-checks.ts";

const CHECKS = { ...messageChecks, ...flowChecks };

let skipped = 0;

describe.each([nodeForwarder, fallbackForwarder, httpProxyForwarder])("forwarder $name", (factory) => {
  for (const [name, check] of Object.entries(CHECKS)) {
    const lacks = factory.lacks.includes(name);
    if (lacks) skipped += 1;
    test.skipIf(lacks)(name, () => check(factory));
  }
});

test("the default forwarder passes all checks, and `lacks` of the others names existing checks", () => {
  const gaps = [...fallbackForwarder.lacks, ...httpProxyForwarder.lacks];
  expect(nodeForwarder.lacks).toEqual([]);
  expect(gaps.filter((gap) => !(gap in CHECKS))).toEqual([]);
  expect(skipped).toBe(gaps.length);
});
