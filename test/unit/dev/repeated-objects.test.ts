import { expect, test } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import type { Client } from "../../../src/client/client.ts";
import { applyObjects } from "../../../src/dev/apply-objects.ts";
import { RepeatedObjects } from "../../../src/dev/repeated-objects.ts";

const document = (revision: string, kind = "Service", apiVersion = "serving.knative.dev/v1"): AnyObject => ({
  apiVersion,
  kind,
  metadata: { name: "hello", namespace: "default" },
  spec: { template: { metadata: { name: revision } } },
});
const never = new AbortController().signal;

/** Its Configuration is behind for the first reads after each write. */
function setUp(readsUntilObserved: number) {
  const calls: string[] = [];
  let reads = 0;
  let generation = 0;
  const client = {
    apply: async (object: AnyObject) => {
      calls.push(`apply ${(object.spec as { template: AnyObject }).template.metadata.name}`);
      generation += 1;
      reads = 0;
      return { object, verdict: "configured", warnings: [] };
    },
    get: async ({ kind }: { kind: string }) => {
      calls.push(`get ${kind.split(".")[0]}`);
      const isBehind = kind.startsWith("Configuration") && reads++ < readsUntilObserved;
      const status = { observedGeneration: isBehind ? generation - 1 : generation };
      return { ...document("x", kind.split(".")[0]), metadata: { name: "hello", generation }, status };
    },
  } as unknown as Client;
  return { client, calls };
}

test("the second document of a Service waits until its Configuration has seen the first (11 B1)", async () => {
  const { client, calls } = setUp(2);
  await applyObjects(client, [document("one"), document("two")], never);
  const look = ["get Service", "get Configuration"];
  expect(calls).toEqual(["apply one", ...look, ...look, ...look, "apply two"]);
});

test("an object of another group is applied again without a wait for a status (11 B1)", async () => {
  const { client, calls } = setUp(0);
  await applyObjects(client, [document("one", "ConfigMap", "v1"), document("two", "ConfigMap", "v1")], never);
  expect(calls).toEqual(["apply one", "get ConfigMap", "apply two"]);
});

test("an interrupt ends the wait", async () => {
  const { client, calls } = setUp(Number.POSITIVE_INFINITY);
  const abort = new AbortController();
  setTimeout(() => abort.abort(), 50);
  await expect(applyObjects(client, [document("one"), document("two")], abort.signal)).rejects.toThrow("aborted");
  expect(calls).not.toContain("apply two");
});

test("earlier documents are applied again only if a document of the object has changed (11 B1)", () => {
  const repeated = new RepeatedObjects();
  const [one, two, other] = [document("one"), document("two"), document("x", "Route")];
  expect(repeated.due([one, two, other])).toEqual([one, two, other]);
  expect(repeated.due([one, two, other])).toEqual([one, two, other]);
  repeated.markApplied();
  expect(repeated.due([one, two, other])).toEqual([two, other]);
  repeated.markApplied();
  const changed = document("three");
  expect(repeated.due([one, changed, other])).toEqual([one, changed, other]);
});
