import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApiServer } from "../../../src/api-server/api-server.ts";
import { makeAdmission } from "../../../src/apis/admission.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { LAST_APPLIED_ANNOTATION } from "../../../src/apis/serving/labels.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { monotonicClock } from "../../../src/base/monotonic-clock.ts";
import { ApiError, type ClientWatchEvent } from "../../../src/client/client.ts";
import { makeHttpClient } from "../../../src/client/http-client.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";

const KSVC = "Service.serving.knative.dev" as const;
const key = { kind: KSVC, namespace: "default", name: "hello" } as const;
const configMap = (data: Record<string, string>, labels = {}): AnyObject =>
  ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "default", labels }, data }) as AnyObject;
let api: ApiRig;
beforeEach(async () => {
  api = await startApi({
    storeOptions: {
      historySize: 20,
      admission: ({ object }) => ({ object, warnings: object.kind === "Service" ? ['one "ä"', "two"] : [] }),
    },
  });
});
afterEach(() => api[Symbol.asyncDispose]());

describe("calls", () => {
  it("the client creates, gets, lists, patches, updates and deletes objects", async () => {
    const made = await api.client.create(ksvc("hello"));
    expect(made.warnings).toEqual(['one "ä"', "two"]);
    expect(await api.client.get(key)).toEqual(made.object);
    const patched = await api.client.patch(key, { type: "merge", body: { metadata: { labels: { a: "b" } } } });
    expect(patched.object.metadata.labels).toEqual({ a: "b" });
    const selected = await api.client.list(KSVC, { namespace: "default", labels: { matchLabels: { a: "b" } } });
    expect(selected).toEqual({ items: [patched.object], resourceVersion: String(api.store.version) });
    expect((await api.client.list(KSVC, { labels: { matchLabels: { a: "c" } } })).items).toEqual([]);
    const json = [{ op: "remove", path: "/metadata/labels/a" }];
    expect((await api.client.patch(key, { type: "json", body: json })).object.metadata.labels).toBeUndefined();
    await expect(api.client.update(made.object)).rejects.toMatchObject({ status: { code: 409, reason: "Conflict" } });
    await api.client.delete(key, { propagation: "Background" });
    expect(await api.client.get(key)).toBeUndefined();
  });

  it("a failed call rejects with the API's Status, or with TypeError if no server listens", async () => {
    const refused = api.client.delete(key);
    await expect(refused).rejects.toBeInstanceOf(ApiError);
    await expect(refused).rejects.toMatchObject({ status: { reason: "NotFound" } });
    await expect(makeHttpClient({ address: api.address, token: "wrong" }).list(KSVC)).rejects.toMatchObject({
      status: { code: 401 },
    });
    await api[Symbol.asyncDispose]();
    await expect(api.client.list(KSVC)).rejects.toBeInstanceOf(TypeError);
  });
});

describe("apply", () => {
  it("apply creates, changes and removes its own fields, and keeps fields of other writers", async () => {
    const first = await api.client.apply(configMap({ a: "1", b: "2" }, { mine: "1" }));
    expect(first.verdict).toBe("created");
    const annotation = first.object.metadata.annotations?.[LAST_APPLIED_ANNOTATION];
    expect(annotation).toBe(
      '{"apiVersion":"v1","data":{"a":"1","b":"2"},"kind":"ConfigMap","metadata":{"annotations":{},"labels":{"mine":"1"},"name":"c","namespace":"default"}}\n',
    );
    const configMapKey = { kind: "ConfigMap", namespace: "default", name: "c" } as const;
    await api.client.patch(configMapKey, {
      type: "merge",
      body: { data: { theirs: "9" }, metadata: { labels: { t: "1" } } },
    });
    expect((await api.client.apply(configMap({ a: "1", b: "2" }, { mine: "1" }))).verdict).toBe("unchanged");
    const second = await api.client.apply(configMap({ a: "5" }));
    expect(second.verdict).toBe("configured");
    expect(second.object).toMatchObject({ data: { a: "5", theirs: "9" }, metadata: { labels: { t: "1" } } });
    expect(second.object).not.toHaveProperty("data.b");
    expect(second.object).not.toHaveProperty("metadata.labels.mine");
    expect((await api.client.apply(configMap({ a: "5" }))).verdict).toBe("unchanged");
  });

  it("apply reports unchanged for an object with server defaults in its lists, even while its status changes", async () => {
    const { config } = makeServingConfig(new Map());
    await using defaulting = await startApi({ storeOptions: { admission: makeAdmission({ config: () => config }) } });
    await defaulting.client.apply(ksvc("hello"));
    expect((await defaulting.client.apply(ksvc("hello"))).verdict).toBe("unchanged");
    const patching = defaulting.client.apply(ksvc("hello"));
    defaulting.store.writeStatus(key, { observedGeneration: 1 });
    expect((await patching).verdict).toBe("unchanged");
    expect((await defaulting.client.apply(ksvc("hello", "example.com/other"))).verdict).toBe("configured");
  });

  it("apply uses the namespace default for an object without one", async () => {
    expect((await api.client.apply(ksvc("hello"))).object.metadata.namespace).toBe("default");
  });
});

describe("watch", () => {
  /** Collects watch events as text until `stop` is called. */
  function collect(): { readonly events: string[]; stop(): Promise<void> } {
    const abort = new AbortController();
    const events: string[] = [];
    const describeEvent = (event: ClientWatchEvent<typeof KSVC>): string =>
      event.type === "RESTART" ? "RESTART" : `${event.type} ${event.object.metadata.name}`;
    const run = (async () => {
      for await (const event of api.client.watch(KSVC, { signal: abort.signal })) events.push(describeEvent(event));
    })();
    return {
      events,
      stop: async () => {
        abort.abort();
        await run;
      },
    };
  }

  it("a watch lists the objects, then follows changes, and ends without an error when aborted", async () => {
    api.store.create(ksvc("a"));
    const { events, stop } = collect();
    await expect.poll(() => events).toEqual(["ADDED a"]);
    api.store.create(ksvc("b"));
    api.store.delete({ ...key, name: "a" });
    await expect.poll(() => events).toEqual(["ADDED a", "ADDED b", "DELETED a"]);
    await stop();
  });

  it("a watch resumes at its version after a lost connection, and lists again if that version has expired", async () => {
    const port = Number(new URL(api.address).port);
    const reopen = async (): Promise<ApiServer> => {
      const { store, token } = api;
      const server = new ApiServer({ store, clock: monotonicClock, token, port, log: silentLogger });
      await server.listen();
      return server;
    };
    api.store.create(ksvc("a"));
    const { events, stop } = collect();
    await expect.poll(() => events).toEqual(["ADDED a"]);
    await api[Symbol.asyncDispose]();
    api.store.create(ksvc("b"));
    const second = await reopen();
    await expect.poll(() => events).toEqual(["ADDED a", "ADDED b"]);
    await second[Symbol.asyncDispose]();
    for (let i = 0; i < 30; i++) api.store.writeStatus({ ...key, name: "a" }, { observedGeneration: i });
    api.store.delete({ ...key, name: "b" });
    const third = await reopen();
    await expect.poll(() => events, { timeout: 5000 }).toEqual(["ADDED a", "ADDED b", "RESTART", "ADDED a"]);
    await stop();
    await third[Symbol.asyncDispose]();
  });

  it("a watch rejects if the API refuses it", async () => {
    const stranger = makeHttpClient({ address: api.address, token: "wrong" });
    const first = stranger.watch(KSVC, { signal: new AbortController().signal })[Symbol.asyncIterator]().next();
    await expect(first).rejects.toMatchObject({ status: { code: 401 } });
  });
});
