import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { readLines } from "../../../src/client/http-transport.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";

const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, app: string): AnyObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", labels: { app } },
});
let api: ApiRig;
let ended = 0;
beforeEach(async () => {
  ended = 0;
  api = await startApi({
    storeOptions: { historySize: 5 },
    logs: async function* (pod, options) {
      yield `${pod.metadata.name}/${options.container} tail=${options.tail} previous=${options.previous}`;
      if (options.sinceTime !== undefined) yield `sinceTime=${new Date(options.sinceTime).toISOString()}`;
      if (!options.follow) return;
      await new Promise((resolve) => options.signal.addEventListener("abort", resolve));
      ended++;
    },
    endpoints: new Map<string, never>([
      ["GET /status", (() => ({ sessions: 1 })) as never],
      ["POST /echo", (({ path, body }: { path: string[]; body: unknown }) => ({ path, body })) as never],
      ["GET /no", (() => ({ refused: { kind: "Status", code: 409, message: "not now" } })) as never],
    ]),
  });
});
afterEach(() => api[Symbol.asyncDispose]());

/** Opens a stream of JSON lines: `next` returns one line, `rest` all others. */
async function openLines(
  path: string,
): Promise<{ next(): Promise<Record<string, never>>; close(): void; rest(): Promise<unknown[]> }> {
  const abort = new AbortController();
  const response = await fetch(api.address + path, {
    headers: { authorization: "Bearer secret" },
    signal: abort.signal,
  });
  const lines = readLines(response.body as unknown as AsyncIterable<Buffer>);
  const parse = (line: string): Record<string, never> => JSON.parse(line) as Record<string, never>;
  return {
    next: async () => parse((await lines.next()).value as string),
    close: () => abort.abort(),
    rest: async () => {
      const all: unknown[] = [];
      for await (const line of lines) all.push(parse(line));
      return all;
    },
  };
}
const text = (event: { type?: string; object?: AnyObject }): string => `${event.type} ${event.object?.metadata?.name}`;

describe("watching", () => {
  it("a watch without a version starts with the existing objects, then sends changes", async () => {
    api.store.create(configMap("a", "x"));
    const lines = await openLines(`${CONFIG_MAPS}?watch=true`);
    expect(text(await lines.next())).toBe("ADDED a");
    api.store.create(configMap("b", "x"));
    api.store.delete({ kind: "ConfigMap", namespace: "default", name: "a" });
    expect(text(await lines.next())).toBe("ADDED b");
    expect(text(await lines.next())).toBe("DELETED a");
    lines.close();
  });

  it("a watch replays events after its version, and sends ADDED and DELETED when an object starts or stops to match", async () => {
    const since = api.store.version;
    api.store.create(configMap("a", "x"));
    const lines = await openLines(`${CONFIG_MAPS}?watch=1&resourceVersion=${since}&labelSelector=app%3Dy`);
    api.store.update(configMap("a", "y"));
    api.store.update({ ...configMap("a", "y"), data: { more: "1" } } as AnyObject);
    api.store.update(configMap("a", "z"));
    expect(text(await lines.next())).toBe("ADDED a");
    expect(text(await lines.next())).toBe("MODIFIED a");
    expect(text(await lines.next())).toBe("DELETED a");
    lines.close();
  });

  it("a watch ends after timeoutSeconds, with a bookmark of the newest version if allowed", async () => {
    const lines = await openLines(`${CONFIG_MAPS}?watch=true&timeoutSeconds=1&allowWatchBookmarks=true`);
    const version = String(api.store.version);
    expect(await lines.rest()).toMatchObject([
      { type: "BOOKMARK", object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: version } } },
    ]);
  });

  it("a watch gets 410 for an expired version and for a version that is too new", async () => {
    for (let i = 0; i < 6; i++) api.store.create(configMap(`c${i}`, "x"));
    for (const version of [1, 999_999]) {
      const lines = await openLines(`${CONFIG_MAPS}?watch=true&resourceVersion=${version}`);
      expect(await lines.rest()).toMatchObject([{ type: "ERROR", object: { code: 410, reason: "Expired" } }]);
    }
  });

  it("sendInitialEvents without resourceVersionMatch gets 422, a version that is not a number 400", async () => {
    expect((await api.send("GET", `${CONFIG_MAPS}?watch=true&sendInitialEvents=true`)).status).toBe(422);
    expect((await api.send("GET", `${CONFIG_MAPS}?watch=true&resourceVersion=x`)).status).toBe(400);
  });

  it("a watch sends tables to clients that accept them, and can watch one object by its name", async () => {
    const since = api.store.version;
    api.store.create(ksvc("hello"));
    api.store.create(ksvc("other"));
    const path = `/apis/serving.knative.dev/v1/namespaces/default/services?fieldSelector=metadata.name%3Dother&watch=true&resourceVersion=${since}&timeoutSeconds=1`;
    const response = await api.send("GET", path, undefined, { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
    const events = (await response.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { object: unknown });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      type: "ADDED",
      object: { kind: "Table", rows: [{ cells: ["other", null, null, null, null, null] }] },
    });
  });

  it("an open watch does not keep the server from stopping", async () => {
    const lines = await openLines(`${CONFIG_MAPS}?watch=true`);
    const rest = lines.rest().catch(() => "aborted");
    await api[Symbol.asyncDispose]();
    expect([[], "aborted"]).toContainEqual(await rest);
  });
});

describe("logs", () => {
  const pod = (containers: string[]) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default" },
    spec: { containers: containers.map((name) => ({ name })) },
  });
  const LOG = "/api/v1/namespaces/default/pods/p/log";

  it("pod logs come from the node with the requested options", async () => {
    api.store.create(pod(["user-container"]) as AnyObject);
    expect(await (await api.send("GET", `${LOG}?tailLines=5&previous=true`)).text()).toBe(
      "p/user-container tail=5 previous=true\n",
    );
    expect((await api.send("GET", `${LOG}?container=none`)).status).toBe(400);
    expect((await api.send("GET", LOG.replace("/p/", "/q/"))).status).toBe(404);
  });

  it("the node gets sinceTime as it was sent, whatever the clock of the session says (11 A6)", async () => {
    api.store.create(pod(["c"]) as AnyObject);
    const lines = await (await api.send("GET", `${LOG}?sinceTime=2030-01-02T03:04:05Z`)).text();
    expect(lines).toContain("sinceTime=2030-01-02T03:04:05.000Z");
  });

  it("pod logs need a container name if the pod has several containers", async () => {
    api.store.create(pod(["user-container", "queue-proxy"]) as AnyObject);
    const response = await api.send("GET", LOG);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { message: "a container name must be specified for pod p, choose one of: [user-container queue-proxy]" },
    ]);
  });

  it("pod logs end when the reader disconnects", async () => {
    api.store.create(pod(["user-container"]) as AnyObject);
    const abort = new AbortController();
    const lines = api.client.logs({ namespace: "default", name: "p" }, { follow: true, signal: abort.signal });
    for await (const line of lines) {
      expect(line).toMatch(/^p\/user-container/);
      abort.abort();
    }
    await expect.poll(() => ended).toBe(1);
  });
});

describe("verbs of knap.dev", () => {
  it("a verb of knap.dev gets path and body, and can refuse", async () => {
    expect(await api.client.knap("GET", "/status")).toEqual({ sessions: 1 });
    expect(await api.client.knap("POST", "/echo/a/b", { x: 1 })).toEqual({ path: ["a", "b"], body: { x: 1 } });
    await expect(api.client.knap("GET", "/no")).rejects.toMatchObject({ message: "not now", status: { code: 409 } });
    await expect(api.client.knap("GET", "/none")).rejects.toMatchObject({ status: { code: 404 } });
  });
});
