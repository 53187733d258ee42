import { expect, test } from "vitest";
import type { AnyObject } from "../../../../src/apis/meta/object.ts";
import { makePaperCluster } from "../../../support/paper-cluster.ts";

const account = (namespace: string) => ({ kind: "ServiceAccount", namespace, name: "default" }) as const;

test("every namespace has a default ServiceAccount, also after its deletion; the user's fields stay", () => {
  const { store, settle } = makePaperCluster();
  const accounts = () => store.list("ServiceAccount").map(({ metadata }) => metadata.namespace);
  const imagePullSecrets = [{ name: "registry" }];
  store.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } } as AnyObject);
  expect(settle()).toBe(true);
  expect(accounts()).toEqual(["team"]);
  store.patchMerge(account("team"), { imagePullSecrets });
  settle();
  expect(store.get("ServiceAccount", "team", "default")).toMatchObject({ imagePullSecrets });
  store.delete(account("team"));
  settle();
  expect(store.get("ServiceAccount", "team", "default")).toBeDefined();
});

test("a deleted namespace removes its ServiceAccount", () => {
  const { store, settle } = makePaperCluster();
  store.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } } as AnyObject);
  settle();
  store.create({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kept", namespace: "team", finalizers: ["a/b"] },
  } as AnyObject);
  store.delete({ kind: "Namespace", namespace: "", name: "team" });
  store.delete(account("team"));
  expect(settle()).toBe(true);
  expect(store.get("ServiceAccount", "team", "default")).toBeUndefined();
});
