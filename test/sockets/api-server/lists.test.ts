// Pages, versions and forms of lists, and the options of watches, for built-in kinds. test/golden/ has the recorded
// conversations about custom resources.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
let api: ApiRig;
beforeEach(async () => {
  api = await startApi({ storeOptions: { historySize: 8 } });
  for (const name of ["a", "b", "c", "d"]) api.store.create(configMap(name));
});
afterEach(() => api[Symbol.asyncDispose]());

const configMap = (name: string): AnyObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels: { letter: name } },
});
interface List {
  readonly kind: string;
  readonly code?: number;
  readonly items: readonly AnyObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}
const get = async (query: string, accept?: string): Promise<List> =>
  (await api.send("GET", `${CONFIG_MAPS}?${query}`, undefined, accept ? { accept } : {})).json() as Promise<List>;
const namesOf = ({ items }: List): string => items.map(({ metadata }) => metadata.name).join("");
const removeFrom = (name: string): void =>
  void api.store.delete({ kind: "ConfigMap", namespace: "default", name }, { gracePeriodSeconds: 0 });

describe("the pages of a list", () => {
  it("show the state of the first page, without later creations, changes and deletions", async () => {
    const first = await get("limit=2");
    removeFrom("c");
    api.store.create(configMap("bb"));
    api.store.update({ ...configMap("d"), data: { changed: "yes" } } as AnyObject);
    const second = await get(`limit=2&continue=${first.metadata.continue}`);
    expect([namesOf(first), namesOf(second)]).toEqual(["ab", "cd"]);
    expect(second.metadata).toEqual({ resourceVersion: first.metadata.resourceVersion });
    expect(second.items[1]).not.toHaveProperty("data");
  });

  it("a token whose version the history no longer has gets 410 with a token for the newest state", async () => {
    const first = await get("limit=2");
    removeFrom("c");
    for (const name of ["e", "f", "g", "h", "i", "j", "k", "l"]) api.store.create(configMap(name));
    const expired = await get(`continue=${first.metadata.continue}`);
    expect(expired.code).toBe(410);
    expect(namesOf(await get(`continue=${expired.metadata.continue}`))).toBe("defghijkl");
  });

  it.each([
    ["continue=x", 400],
    ["limit=x", 400],
    ["limit=2&resourceVersion=3&continue=e30", 400],
    ["resourceVersionMatch=Exact", 422],
    ["resourceVersionMatch=Newest&resourceVersion=1", 422],
    ["resourceVersion=999999", 504],
    ["sendInitialEvents=true", 422],
  ])("the query %s is refused with %i", async (query, status) => {
    expect((await api.send("GET", `${CONFIG_MAPS}?${query}`)).status).toBe(status);
  });

  it("resourceVersionMatch=Exact returns an earlier state", async () => {
    const version = api.store.version;
    removeFrom("a");
    expect(namesOf(await get(`resourceVersion=${version}&resourceVersionMatch=Exact`))).toBe("abcd");
    expect(namesOf(await get(`resourceVersion=${version}`))).toBe("bcd");
  });
});

describe("the form of an answer", () => {
  it("is metadata only, a Table or YAML as the client accepts, for lists, objects and writes", async () => {
    const form = (as: string): string => `application/json;as=${as};g=meta.k8s.io;v=v1`;
    expect((await get("", form("PartialObjectMetadataList"))).kind).toBe("PartialObjectMetadataList");
    expect((await get("", form("Table"))).kind).toBe("Table");
    const made = await api.send("POST", CONFIG_MAPS, configMap("z"), { accept: "application/yaml" });
    expect([made.status, made.headers.get("content-type")]).toEqual([201, "application/yaml"]);
    expect(await made.text()).toMatch(/kind: ConfigMap\n/);
    const missing = await api.send("GET", `${CONFIG_MAPS}/none`, undefined, { accept: "text/html" });
    expect(missing.status).toBe(406);
  });

  it("a client of built-in kinds that accepts only protobuf gets JSON", async () => {
    expect((await get("", "application/vnd.kubernetes.protobuf")).kind).toBe("ConfigMapList");
  });
});

describe("a watch", () => {
  it.each(["watch=True", "watch=1", "watch=t", "watch=", "watch"])("begins for %s", async (query) => {
    const response = await api.send("GET", `${CONFIG_MAPS}?${query}&timeoutSeconds=1`);
    expect((await response.text()).split("\n")[0]).toMatch(/^\{"type":"ADDED"/);
  });

  it.each(["watch=False", "watch=0"])("does not begin for %s", async (query) => {
    expect((await get(query)).kind).toBe("ConfigMapList");
  });

  it.each([
    ["PartialObjectMetadata", { kind: "PartialObjectMetadata", metadata: { annotations: expect.anything() } }],
    ["Table", { kind: "Table", rows: [] }],
  ])("a bookmark has the form %s that the client accepts", async (as, expected) => {
    const query = "watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
    const accept = `application/json;as=${as};g=meta.k8s.io;v=v1`;
    const response = await api.send("GET", `${CONFIG_MAPS}?${query}&allowWatchBookmarks=true`, undefined, { accept });
    const events = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string });
    expect(events.map(({ type }) => type)).toEqual(["ADDED", "ADDED", "ADDED", "ADDED", "BOOKMARK", "BOOKMARK"]);
    expect(events[4]).toMatchObject({ object: expected });
  });

  it("an object that a selector no longer matches is DELETED in the state that matched", async () => {
    const query = "watch=1&timeoutSeconds=1&labelSelector=letter%3Da";
    const response = api.send("GET", `${CONFIG_MAPS}?${query}&resourceVersion=${api.store.version}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
    api.store.update({ ...configMap("a"), metadata: { name: "a", labels: { letter: "q" } } });
    const event = JSON.parse((await (await response).text()).trim()) as { type: string; object: AnyObject };
    expect([event.type, event.object.metadata.labels]).toEqual(["DELETED", { letter: "a" }]);
    expect(event.object.metadata.resourceVersion).toBe(String(api.store.version));
  });

  it("a finalizer that is removed from a deleted object ends it: the answer keeps the old version", async () => {
    const service = { ...ksvc("gone"), metadata: { name: "gone", finalizers: ["a.dev/b"], labels: { app: "x" } } };
    const key = { kind: "Service.serving.knative.dev", namespace: "default", name: "gone" } as const;
    api.store.create(service);
    api.store.delete(key);
    const marked = api.store.get(key.kind, key.namespace, key.name);
    const outcome = api.store.patchMerge(key, { metadata: { finalizers: null, labels: { app: "y" } } });
    expect(outcome).toMatchObject({ object: { metadata: { resourceVersion: marked?.metadata.resourceVersion } } });
    expect(api.store.list(key.kind, { labels: { matchLabels: { app: "x" } } })).toEqual([]);
  });
});
