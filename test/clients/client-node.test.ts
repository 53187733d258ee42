// Tests the API with Kubernetes' own JavaScript client: list, watch, patch, delete.
import {
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  Watch,
} from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeKubeconfig } from "../../src/client/kubeconfig.ts";
import { type ApiRig, ksvc, startApi } from "../support/api.ts";

const services = { group: "serving.knative.dev", version: "v1", namespace: "default", plural: "services" };
let api: ApiRig;
let config: KubeConfig;
beforeAll(async () => {
  api = await startApi({ scheme: "https" });
  config = new KubeConfig();
  config.loadFromString(makeKubeconfig(api, "default"));
});
afterAll(() => api[Symbol.asyncDispose]());

it("the JavaScript client creates, lists, patches and deletes custom objects", async () => {
  const custom = config.makeApiClient(CustomObjectsApi);
  await custom.createNamespacedCustomObject({ ...services, body: ksvc("hello") });
  const list = (await custom.listNamespacedCustomObject(services)) as { items: { metadata: { name: string } }[] };
  expect(list.items.map(({ metadata }) => metadata.name)).toEqual(["hello"]);
  const body = { metadata: { labels: { a: "b" } } };
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const patched = await custom.patchNamespacedCustomObject({ ...services, name: "hello", body }, merge);
  expect(patched).toMatchObject({ metadata: { labels: { a: "b" }, generation: 1 } });
  await custom.deleteNamespacedCustomObject({ ...services, name: "hello" });
  await expect(custom.getNamespacedCustomObject({ ...services, name: "hello" })).rejects.toMatchObject({ code: 404 });
});

it("the JavaScript client applies on the server, and sees a conflict with another field manager", async () => {
  const serverSide = setHeaderOptions("Content-Type", PatchStrategy.ServerSideApply);
  const apply = (image: string, fieldManager: string) =>
    custom.patchNamespacedCustomObject(
      { ...services, name: "ssa", body: ksvc("ssa", image), fieldManager },
      serverSide,
    );
  const custom = config.makeApiClient(CustomObjectsApi);
  const made = await apply("example.com/hello:1", "alice");
  expect(made).toMatchObject({ metadata: { managedFields: [{ manager: "alice", operation: "Apply" }] } });
  await expect(apply("example.com/hello:2", "bob")).rejects.toMatchObject({ code: 409 });
  await custom.deleteNamespacedCustomObject({ ...services, name: "ssa" });
});

it("the JavaScript client reads and writes built-in kinds", async () => {
  const core = config.makeApiClient(CoreV1Api);
  await core.createNamespacedConfigMap({ namespace: "default", body: { metadata: { name: "c" }, data: { a: "1" } } });
  expect((await core.readNamespacedConfigMap({ namespace: "default", name: "c" })).data).toEqual({ a: "1" });
  expect((await core.listNamespace()).items.map(({ metadata }) => metadata?.name)).toContain("default");
});

it("the JavaScript client watches from a given version", async () => {
  const events: string[] = [];
  const resourceVersion = String(api.store.version);
  const path = "/apis/serving.knative.dev/v1/namespaces/default/services";
  const watch = await new Watch(config).watch(
    path,
    { resourceVersion },
    (type, object: { metadata: { name: string } }) => events.push(`${type} ${object.metadata.name}`),
    () => {},
  );
  api.store.create(ksvc("seen"));
  api.store.delete({ kind: "Service.serving.knative.dev", namespace: "default", name: "seen" });
  await expect.poll(() => events).toEqual(["ADDED seen", "DELETED seen"]);
  watch.abort();
});
