// Server-side apply over HTTP, with Knative's admission.
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeAdmission } from "../../../src/apis/admission.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";

const { config } = makeServingConfig(new Map());
const SERVICES = "/apis/serving.knative.dev/v1/namespaces/default/services";
let api: ApiRig;
beforeAll(async () => {
  api = await startApi({ storeOptions: { admission: makeAdmission({ config: () => config }) } });
});
afterAll(() => api[Symbol.asyncDispose]());

interface Reply {
  readonly code: number;
  readonly body: AnyObject & { readonly message?: string; readonly reason?: string };
  readonly warning: string | null;
}
const call = async (
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> => {
  const response = await api.send(method, path, body, headers);
  const { status, headers: given } = response;
  return { code: status, body: (await response.json()) as Reply["body"], warning: given.get("warning") };
};
const apply = (path: string, query: string, body: unknown): Promise<Reply> =>
  call("PATCH", `${path}?${query}`, body, { "content-type": "application/apply-patch+yaml" });
const managersOf = ({ body }: Reply) =>
  body.metadata.managedFields?.map(
    ({ manager, operation, subresource = "" }) => `${manager} ${operation} ${subresource}`,
  );

it("an apply creates the object, a second one changes nothing, and defaults of admission conflict with nobody", async () => {
  const object = ksvc("twice");
  const made = await apply(`${SERVICES}/twice`, "fieldManager=alice", object);
  expect([made.code, managersOf(made)]).toEqual([201, ["alice Apply "]]);
  expect(made.body.spec).toMatchObject({ template: { spec: { containerConcurrency: 0 } } });
  const again = await apply(`${SERVICES}/twice`, "fieldManager=alice", object);
  expect([again.code, again.body]).toEqual([200, made.body]);
  // The containers in the store have defaults that the configuration does not have.
  const shared = await apply(`${SERVICES}/twice`, "fieldManager=bob", object);
  expect([shared.code, managersOf(shared)]).toEqual([200, ["bob Apply ", "alice Apply "]]);
  expect(shared.body.metadata.generation).toBe(1);
  const other = await apply(`${SERVICES}/twice`, "fieldManager=bob", ksvc("twice", "example.com/other"));
  expect([other.code, other.body.reason]).toEqual([409, "Conflict"]);
});

it("a field manager of a write is its query parameter, or the program of the client", async () => {
  const agent = { "user-agent": "curl/8.1" };
  const made = await call("POST", SERVICES, ksvc("named"), agent);
  expect(managersOf(made)).toEqual(["curl Update "]);
  const merge = { ...agent, "content-type": "application/merge-patch+json" };
  const patched = await call("PATCH", `${SERVICES}/named?fieldManager=x`, { metadata: { labels: { a: "b" } } }, merge);
  expect(managersOf(patched)).toEqual(["curl Update ", "x Update "]);
  const status = await call("PATCH", `${SERVICES}/named/status`, { status: { url: "http://x" } }, merge);
  expect(managersOf(status)).toEqual(expect.arrayContaining(["curl Update status"]));
  expect(await call("POST", `${SERVICES}?fieldManager=${"x".repeat(129)}`, ksvc("long"))).toMatchObject({
    code: 422,
    body: { message: expect.stringContaining("may not be more than 128 bytes") },
  });
});

it("a write inside the process keeps the managers, and a client can remove them", async () => {
  const path = `${SERVICES}/kept`;
  await apply(path, "fieldManager=alice", ksvc("kept"));
  const key = { kind: "Service.serving.knative.dev", namespace: "default", name: "kept" } as const;
  api.store.writeStatus(key, { url: "http://kept" });
  api.store.patchMerge(key, { metadata: { labels: { a: "b" } } });
  const { metadata } = api.store.get(key.kind, key.namespace, key.name)!;
  expect(metadata.managedFields).toMatchObject([{ manager: "alice", fieldsV1: { "f:spec": {} } }]);
  const merge = { "content-type": "application/merge-patch+json" };
  const reset = await call("PATCH", path, { metadata: { managedFields: [{}] } }, merge);
  expect(reset.body.metadata.managedFields).toBeUndefined();
});

it("an apply without field manager, with managedFields or of another kind is refused", async () => {
  const path = `${SERVICES}/refused`;
  expect(await apply(path, "", ksvc("refused"))).toMatchObject({
    code: 422,
    body: {
      message: 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    },
  });
  const managed = { ...ksvc("refused"), metadata: { name: "refused", managedFields: [] } };
  expect(await apply(path, "fieldManager=a", managed)).toMatchObject({
    code: 400,
    body: { message: "metadata.managedFields must be nil" },
  });
  expect(await apply(path, "fieldManager=a", "")).toMatchObject({
    code: 400,
    body: { message: "invalid object type: /, Kind=" },
  });
  expect(await apply(path, "fieldManager=a", "- 1")).toMatchObject({ code: 400 });
  expect(await apply(path, "fieldManager=a", "a: [")).toMatchObject({ code: 400, body: { reason: "BadRequest" } });
  expect(await apply(`${path}/status`, "fieldManager=a", ksvc("refused"))).toMatchObject({ code: 404 });
  expect(
    await call("PATCH", `${path}?force=true`, {}, { "content-type": "application/merge-patch+json" }),
  ).toMatchObject({ code: 422 });
});

it("an apply with empty metadata is refused; one with labels and no name keeps the object's name", async () => {
  const path = `${SERVICES}/nameless`;
  await apply(path, "fieldManager=a", { ...ksvc("nameless"), metadata: { name: "nameless", labels: { a: "b" } } });
  const applied = (metadata: object | null) => apply(path, "fieldManager=a", { ...ksvc("nameless"), metadata });
  for (const metadata of [null, {}])
    expect(await applied(metadata)).toMatchObject({ code: 400, body: { reason: "BadRequest" } });
  const labelled = await applied({ labels: { a: "b" } });
  expect(labelled).toMatchObject({ code: 200, body: { metadata: { name: "nameless" } } });
});

it("a repeated key of a configuration is a warning, and an error in mode Strict", async () => {
  const text = `${JSON.stringify(ksvc("repeated")).slice(0, -1)},"kind":"Service"}`;
  const strict = await apply(`${SERVICES}/repeated`, "fieldManager=a&fieldValidation=Strict", text);
  expect([strict.code, strict.body.reason]).toEqual([400, "BadRequest"]);
  const warned = await apply(`${SERVICES}/repeated`, "fieldManager=a", text);
  expect([warned.code, warned.warning]).toEqual([201, expect.stringContaining("kind")]);
});

it("an apply merges the keyed lists and the data of built-in kinds", async () => {
  const path = "/api/v1/namespaces/default/services/gate";
  const service = (...ports: readonly object[]) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "gate" },
    spec: { ports },
  });
  await apply(path, "fieldManager=a", service({ port: 80, name: "a" }));
  const both = await apply(path, "fieldManager=b", service({ port: 81, name: "b", protocol: "TCP" }));
  expect(both.body.spec).toMatchObject({ ports: [{ port: 80 }, { port: 81 }] });
  const left = await apply(path, "fieldManager=a", service());
  expect(left.body.spec).toEqual({ ports: [{ port: 81, name: "b", protocol: "TCP" }] });
});
