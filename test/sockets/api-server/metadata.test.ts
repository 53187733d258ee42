// Writes with malformed metadata. Each is refused, and the history of watches stays complete.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeAdmission } from "../../../src/apis/admission.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";

const { config } = makeServingConfig(new Map());
const NAMESPACE = "/api/v1/namespaces/default";
const SERVICES = "/apis/serving.knative.dev/v1/namespaces/default/services";
const KINDS = [
  ["Namespace", "/api/v1/namespaces", {}],
  ["ConfigMap", `${NAMESPACE}/configmaps`, {}],
  ["Secret", `${NAMESPACE}/secrets`, {}],
  ["ServiceAccount", `${NAMESPACE}/serviceaccounts`, {}],
  ["Pod", `${NAMESPACE}/pods`, { spec: { containers: [{ name: "c", image: "x" }] } }],
  ["Service", SERVICES, { spec: ksvc("x").spec }],
] as const;
const METHODS = [
  ["POST", "application/json"],
  ["PUT", "application/json"],
  ["PATCH", "application/merge-patch+json"],
  ["PATCH", "application/strategic-merge-patch+json"],
  ["PATCH", "application/json-patch+json"],
] as const;
const CASES = KINDS.flatMap(([kind, path, body]) =>
  METHODS.map(([method, type]) => ({ kind, path, body, method, type })),
);

let api: ApiRig;
beforeEach(async () => {
  api = await startApi({ storeOptions: { admission: makeAdmission({ config: () => config }) } });
});
afterEach(() => api[Symbol.asyncDispose]());

/** Creates an object "good", and writes metadata to it, or to "bad" with POST. */
async function write({ kind, path, body, method, type }: (typeof CASES)[number], metadata: object): Promise<Response> {
  const apiVersion = path === SERVICES ? "serving.knative.dev/v1" : "v1";
  const object = (name: string, more = {}) => ({ apiVersion, kind, metadata: { name, ...more }, ...body });
  if (path === SERVICES && type.includes("strategic")) return new Response("", { status: 415 });
  expect([201, 409]).toContain((await api.send("POST", path, object("good"))).status);
  if (method === "POST") return api.send(method, path, object("bad", metadata));
  if (method === "PUT") {
    const { resourceVersion } = ((await (await api.send("GET", `${path}/good`)).json()) as AnyObject).metadata;
    return api.send(method, `${path}/good`, object("good", { ...metadata, resourceVersion }));
  }
  const operations = Object.entries(metadata).map(([field, value]) => ({
    op: "add",
    path: `/metadata/${field}`,
    value,
  }));
  const patch = type.includes("json-patch") ? operations : { metadata };
  return api.send(method, `${path}/good`, patch, { "content-type": type });
}

/** The versions of all events since `version`. */
function versionsSince(version: number): readonly number[] {
  const seen: number[] = [];
  const watch = api.store.watchSince(version, {}, ({ object }) => seen.push(Number(object.metadata.resourceVersion)));
  if (watch.ok) watch.value[Symbol.dispose]();
  return seen;
}

describe("a null item", () => {
  test.each(CASES)("$method of a $kind with a null owner as $type is refused (11 A8)", async (each) => {
    const start = api.store.version;
    const response = await write(each, { ownerReferences: [null] });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    await api.send("POST", `${NAMESPACE}/configmaps`, { metadata: { name: "later" } });
    const count = api.store.version - start;
    expect(versionsSince(start)).toEqual(Array.from({ length: count }, (_, at) => start + 1 + at));
    expect(api.log).toEqual([]);
  });
});

describe("an owner or a finalizer without content", () => {
  test.each(CASES.filter(({ method }) => method === "PUT"))(
    "a $kind with an owner without uid is refused, with the path of the uid (11 A8)",
    async (each) => {
      const owner = { apiVersion: "v1", kind: "ConfigMap", name: "x" };
      for (const uid of ["", undefined]) {
        const response = await write(each, { ownerReferences: [{ ...owner, uid }] });
        const { message } = (await response.json()) as { message: string };
        expect(response.status).toBe(422);
        expect(message).toContain('metadata.ownerReferences.uid: Invalid value: "": must not be empty');
      }
      for (const finalizers of [[""], [null]]) expect((await write(each, { finalizers })).status).toBe(422);
    },
  );
});

describe("other metadata", () => {
  const CONFIG_MAPS = `${NAMESPACE}/configmaps`;

  test("metadata that is no object is refused and changes nothing (11 A8)", async () => {
    await api.send("POST", CONFIG_MAPS, { metadata: { name: "x", labels: { a: "b" } } });
    for (const metadata of ["x", 5, [], true]) {
      expect((await api.send("PUT", `${CONFIG_MAPS}/x`, { metadata })).status).toBe(400);
    }
    expect(api.store.get("ConfigMap", "default", "x")?.metadata.labels).toEqual({ a: "b" });
  });

  test("a JSON patch can test that a field of an object is missing (11 A8)", async () => {
    await api.send("POST", CONFIG_MAPS, { metadata: { name: "x" } });
    const labels = { op: "add", path: "/metadata/labels", value: { a: "b" } };
    const patch = async (path: string): Promise<number> => {
      const type = { "content-type": "application/json-patch+json" };
      return (await api.send("PATCH", `${CONFIG_MAPS}/x`, [{ op: "test", path, value: null }, labels], type)).status;
    };
    expect(await patch("/metadata/labels/a")).toBe(422);
    expect(await patch("/metadata/labels")).toBe(200);
    expect(await patch("/metadata/labels")).toBe(422);
  });
});
