import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AnyObject } from "../../../src/apis/meta/object.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";
import recorded from "../../unit/api-server/protobuf-bodies.json" with { type: "json" };

const SERVICES = "/apis/serving.knative.dev/v1/namespaces/default/services";
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const configMap = (name: string, data: object = {}, labels: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, labels },
  data,
});
let api: ApiRig;
beforeEach(async () => {
  api = await startApi({
    storeOptions: {
      admission: ({ object, user }) => ({
        object: {
          ...object,
          metadata: { ...object.metadata, annotations: { by: user, ...object.metadata.annotations } },
        },
        warnings: object.kind === "Service" ? ['beware of "quotes" and ä'] : [],
      }),
    },
    unknownFields: (object) => ((object.spec as { foo?: string } | undefined)?.foo ? ["spec.foo"] : []),
  });
});
afterEach(async () => {
  expect(api.log).toEqual([]);
  await api[Symbol.asyncDispose]();
});
const body = async (response: Response | Promise<Response>): Promise<Record<string, unknown>> =>
  (await (await response).json()) as Record<string, unknown>;

describe("a request", () => {
  it("a request needs the token as bearer or in the path, except for health and version", async () => {
    const bare = await fetch(api.address + SERVICES);
    expect(bare.status).toBe(401);
    expect(await bare.json()).toMatchObject({ kind: "Status", reason: "Unauthorized", code: 401 });
    expect((await fetch(`${api.address}/token/wrong${SERVICES}`)).status).toBe(401);
    expect((await fetch(`${api.address}/token/secret${SERVICES}`)).status).toBe(200);
    // kubectl adds the path prefix a second time to links of the OpenAPI index.
    expect((await fetch(`${api.address}/token/secret/token/secret${SERVICES}`)).status).toBe(200);
    for (const path of ["/healthz", "/livez", "/readyz"])
      expect(await (await fetch(api.address + path)).text()).toBe("ok");
    expect(await body(fetch(`${api.address}/version`))).toMatchObject({ major: "1" });
  });

  it("an unknown path gets 404 in plain text, and an unsupported method 405", async () => {
    const missing = await api.send("GET", "/apis/unknown.dev/v1");
    expect([missing.status, await missing.text()]).toEqual([404, "404 page not found\n"]);
    expect((await api.send("GET", `${SERVICES}/hello/scale`)).status).toBe(404);
    expect((await api.send("PUT", CONFIG_MAPS, configMap("a"))).status).toBe(405);
    expect((await api.send("PUT", SERVICES, ksvc("hello"))).status).toBe(400);
    expect((await api.send("GET", "/apis/serving.knative.dev/v1/services/hello")).status).toBe(404);
    expect((await api.send("GET", `${SERVICES}/%E0%A4%A`)).status).toBe(400);
    expect((await api.send("GET", "/apis/knap.dev/v1/%E0%A4%A")).status).toBe(400);
  });

  it("a body over 3 MiB, a body that is not JSON, and another media type are refused", async () => {
    const big = await api.send("POST", CONFIG_MAPS, configMap("big", { a: "x".repeat(3 * 1024 * 1024) }));
    expect([big.status, await body(big)]).toMatchObject([
      413,
      { message: "Request entity too large: limit is 3145728" },
    ]);
    expect((await api.send("POST", CONFIG_MAPS, "{nope")).status).toBe(400);
    const text = await api.send("POST", CONFIG_MAPS, "a: b", { "content-type": "text/plain" });
    expect([text.status, await body(text)]).toMatchObject([415, { reason: "UnsupportedMediaType" }]);
  });

  it("built-in kinds and DeleteOptions may have a protobuf body; the response is JSON", async () => {
    const headers = { "content-type": "application/vnd.kubernetes.protobuf", authorization: "Bearer secret" };
    const wire = (kind: string): Buffer =>
      Buffer.from(recorded.find((each) => each.body.kind === kind)?.wire ?? "", "base64");
    const send = (method: string, path: string, kind: string): Promise<Response> =>
      fetch(api.address + path, { method, headers, body: new Uint8Array(wire(kind)) });
    const made = await send("POST", CONFIG_MAPS, "ConfigMap");
    expect([made.status, await body(made)]).toMatchObject([201, { data: { colour: "blue", blank: "" } }]);
    // The body is a core Service, but the path is that of Knative's Services.
    expect((await send("POST", SERVICES, "Service")).status).toBe(400);
    // The recorded options set two propagation policies.
    const refused = await send("DELETE", `${CONFIG_MAPS}/settings`, "DeleteOptions");
    const message = expect.stringContaining("orphanDependents and deletionPropagation cannot be both set");
    expect([refused.status, await body(refused)]).toMatchObject([422, { reason: "Invalid", message }]);
    const broken = await api.send("POST", CONFIG_MAPS, "k8s", { "content-type": headers["content-type"] });
    expect([broken.status, await body(broken)]).toMatchObject([400, { reason: "BadRequest" }]);
  });
});

describe("writing", () => {
  it("a create returns 201 and warnings as headers, and records the user", async () => {
    const response = await api.send("POST", SERVICES, ksvc("hello"), { "impersonate-user": "alice@example.com" });
    expect(response.status).toBe(201);
    expect(Buffer.from(response.headers.get("warning") ?? "", "latin1").toString()).toBe(
      '299 - "beware of \\"quotes\\" and ä"',
    );
    expect(await body(response)).toMatchObject({
      kind: "Service",
      metadata: { namespace: "default", generation: 1, annotations: { by: "alice@example.com" } },
    });
    const again = await api.send("POST", SERVICES, ksvc("hello"));
    expect([again.status, await body(again)]).toMatchObject([
      409,
      { reason: "AlreadyExists", message: 'services.serving.knative.dev "hello" already exists' },
    ]);
  });

  it.each([
    ["another namespace", 400, { metadata: { name: "a", namespace: "other" } }, /namespace of the provided object/],
    ["another kind", 422, { kind: "Route", metadata: { name: "a" } }, /kind: Invalid value: "Route": must be Service/],
    ["another version", 400, { apiVersion: "v1", metadata: { name: "a" } }, /does not match the expected API version/],
  ])("a body for %s than the path is refused with %i", async (_, status, wrong, message) => {
    const response = await api.send("POST", SERVICES, { ...ksvc("a"), ...wrong });
    expect([response.status, (await body(response))["message"]]).toEqual([status, expect.stringMatching(message)]);
  });

  it("PUT replaces an object, refuses a stale version with 409, and writes the status separately", async () => {
    const made = (await api.client.create(ksvc("hello"))).object as AnyObject;
    const next = { ...made, spec: { other: true }, status: { url: "x" } };
    expect(await body(api.send("PUT", `${SERVICES}/hello`, next))).toMatchObject({ metadata: { generation: 2 } });
    expect((await api.send("PUT", `${SERVICES}/hello`, next)).status).toBe(409);
    expect((await api.send("PUT", `${SERVICES}/other`, next)).status).toBe(400);
    expect((await api.send("PUT", `${SERVICES}/hello`, ksvc("hello"))).status).toBe(422);
    const { metadata } = await body(api.send("GET", `${SERVICES}/hello`));
    const status = { ...ksvc("hello"), metadata, spec: { ignored: true }, status: { url: "http://x", other: 1 } };
    expect(await body(api.send("PUT", `${SERVICES}/hello/status`, status))).toMatchObject({
      spec: { other: true },
      status: { url: "http://x" },
    });
    const patch = { status: { observedGeneration: 1, more: 1 }, spec: null };
    const type = { "content-type": "application/merge-patch+json" };
    expect(await body(api.send("PATCH", `${SERVICES}/hello/status`, patch, type))).toMatchObject({
      spec: { other: true },
      status: { url: "http://x", observedGeneration: 1 },
    });
  });

  it("all kinds accept merge and JSON patches; only built-in kinds accept strategic merge patches", async () => {
    await api.client.create(ksvc("hello"));
    await api.send("POST", CONFIG_MAPS, configMap("c", { a: "1", b: "2" }));
    const patch = (path: string, type: string, content: unknown) =>
      api.send("PATCH", path, content, { "content-type": `application/${type}` });
    const strategic = "strategic-merge-patch+json";
    expect(await body(patch(`${CONFIG_MAPS}/c`, strategic, { data: { a: null, c: "3" } }))).toMatchObject({
      data: { b: "2", c: "3" },
    });
    const finalizers = { metadata: { finalizers: ["x/y"] } };
    expect(await body(patch(`${CONFIG_MAPS}/c`, strategic, finalizers))).toMatchObject(finalizers);
    const done = { metadata: { "$deleteFromPrimitiveList/finalizers": ["x/y"] } };
    expect(await body(patch(`${CONFIG_MAPS}/c`, strategic, done))).not.toHaveProperty("metadata.finalizers");
    const response = await patch(`${CONFIG_MAPS}/c`, strategic, { data: { $patch: "upend" } });
    expect([response.status, (await body(response))["reason"]]).toEqual([400, "BadRequest"]);
    const custom = await patch(`${SERVICES}/hello`, strategic, { metadata: { labels: { a: "b" } } });
    expect([custom.status, (await body(custom))["message"]]).toEqual([
      415,
      "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    ]);
    expect((await patch(`${CONFIG_MAPS}/c`, "apply-patch+cbor", {})).status).toBe(415);
    const test = [{ op: "test", path: "/data/b", value: "nope" }];
    expect((await patch(`${CONFIG_MAPS}/c`, "json-patch+json", test)).status).toBe(422);
    const replace = [{ op: "replace", path: "/data/b", value: "9" }];
    expect(await body(patch(`${CONFIG_MAPS}/c`, "json-patch+json", replace))).toMatchObject({
      data: { b: "9", c: "3" },
    });
    const rename = await patch(`${CONFIG_MAPS}/c`, "merge-patch+json", { metadata: { name: "d" } });
    expect(rename.status).toBe(400);
    const stale = await patch(`${CONFIG_MAPS}/c`, "merge-patch+json", {
      metadata: { resourceVersion: "1" },
      data: { z: "" },
    });
    expect(stale.status).toBe(409);
    expect((await patch(`${CONFIG_MAPS}/none`, "merge-patch+json", {})).status).toBe(404);
  });

  it("a write follows fieldValidation, and a dry run writes nothing", async () => {
    const odd = { ...ksvc("odd"), spec: { foo: "x" } };
    const strict = await api.send("POST", `${SERVICES}?fieldValidation=Strict`, odd);
    expect([strict.status, (await body(strict))["message"]]).toEqual([
      400,
      'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.foo"',
    ]);
    const warned = await api.send("POST", `${SERVICES}?dryRun=All`, odd);
    expect(warned.status).toBe(201);
    expect(warned.headers.get("warning")).toContain('unknown field \\"spec.foo\\"');
    const ignored = await api.send("POST", `${SERVICES}?dryRun=All&fieldValidation=Ignore`, odd);
    expect(ignored.headers.get("warning")).not.toContain("unknown field");
    expect((await api.send("POST", `${SERVICES}?dryRun=Some`, odd)).status).toBe(422);
    expect((await api.client.list("Service.serving.knative.dev")).items).toEqual([]);
  });

  it("a delete removes nothing in a dry run or with an unknown dryRun value", async () => {
    await api.send("POST", CONFIG_MAPS, configMap("kept", {}));
    expect((await api.send("DELETE", `${CONFIG_MAPS}/kept?dryRun=Some`)).status).toBe(422);
    expect((await api.send("DELETE", `${CONFIG_MAPS}/kept`, { dryRun: ["Some"] })).status).toBe(422);
    expect((await api.send("DELETE", `${CONFIG_MAPS}/kept`, { dryRun: ["All"] })).status).toBe(200);
    expect((await api.send("GET", `${CONFIG_MAPS}/kept`)).status).toBe(200);
  });
});

describe("reading", () => {
  it("GET returns objects and lists, selected by label and field", async () => {
    for (const name of ["a", "b", "c"]) {
      await api.send("POST", CONFIG_MAPS, configMap(name, {}, { odd: String(name !== "b") }));
    }
    const names = async (query: string): Promise<unknown> => {
      const list = await body(api.send("GET", `/api/v1/configmaps?${query}`));
      expect(list).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
      return (list["items"] as AnyObject[]).map(({ metadata }) => metadata.name);
    };
    expect(await names("")).toEqual(["a", "b", "c"]);
    expect(await names("labelSelector=odd%3Dtrue")).toEqual(["a", "c"]);
    expect(await names("labelSelector=odd%20in%20(false)")).toEqual(["b"]);
    expect(await names("fieldSelector=metadata.name%3Db,metadata.namespace%3Ddefault")).toEqual(["b"]);
    expect(await names("fieldSelector=metadata.name!%3Db")).toEqual(["a", "c"]);
    expect((await api.send("GET", "/api/v1/configmaps?labelSelector=%3D")).status).toBe(400);
    expect((await api.send("GET", "/api/v1/configmaps?fieldSelector=x")).status).toBe(400);
    expect(await body(api.send("GET", `${CONFIG_MAPS}/nope`))).toMatchObject({
      code: 404,
      message: 'configmaps "nope" not found',
      details: { name: "nope", kind: "configmaps" },
    });
    expect(await body(api.send("GET", SERVICES))).toMatchObject({ kind: "ServiceList", items: [] });
  });

  it("GET returns tables with Knative's columns if the client accepts them", async () => {
    await api.client.create(ksvc("hello"));
    const key = { kind: "Service.serving.knative.dev", namespace: "default", name: "hello" } as const;
    api.store.writeStatus(key, {
      url: "http://hello",
      latestCreatedRevisionName: "hello-00001",
      conditions: [{ type: "Ready", status: "Unknown", reason: "Deploying" }],
    });
    const accept = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io,application/json" };
    const table = await body(api.send("GET", SERVICES, undefined, accept));
    expect(table).toMatchObject({ kind: "Table", apiVersion: "meta.k8s.io/v1" });
    expect((table["columnDefinitions"] as { name: string }[]).map(({ name }) => name)).toEqual([
      "Name",
      "URL",
      "LatestCreated",
      "LatestReady",
      "Ready",
      "Reason",
    ]);
    expect(table["rows"]).toMatchObject([
      {
        cells: ["hello", "http://hello", "hello-00001", null, "Unknown", "Deploying"],
        object: { kind: "PartialObjectMetadata", metadata: { name: "hello" } },
      },
    ]);
  });
});

describe("deleting", () => {
  it("DELETE returns a Status after removal, and the object while a finalizer delays its removal", async () => {
    await api.send("POST", CONFIG_MAPS, configMap("c"));
    const deleted = await body(api.send("DELETE", `${CONFIG_MAPS}/c`, { propagationPolicy: "Background" }));
    expect(deleted).toMatchObject({ kind: "Status", status: "Success", details: { name: "c", kind: "configmaps" } });
    await api.client.create(ksvc("hello"));
    const options = { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Foreground" };
    expect(await body(api.send("DELETE", `${SERVICES}/hello`, options))).toMatchObject({
      kind: "Service",
      metadata: { finalizers: ["foregroundDeletion"], deletionTimestamp: expect.any(String) },
    });
    expect((await api.send("DELETE", `${SERVICES}/hello`, { propagationPolicy: "Sideways" })).status).toBe(422);
    const precondition = { preconditions: { uid: "another" } };
    expect((await api.send("DELETE", `${SERVICES}/hello`, precondition)).status).toBe(409);
    expect((await api.send("DELETE", `${SERVICES}/none`)).status).toBe(404);
  });

  it("DELETE of a collection removes the objects that a label selects", async () => {
    for (const name of ["a", "b"]) await api.send("POST", CONFIG_MAPS, configMap(name, {}, { name }));
    await api.send("DELETE", `${CONFIG_MAPS}?labelSelector=name%3Da`);
    expect((await api.client.list("ConfigMap")).items.map(({ metadata }) => metadata.name)).toEqual(["b"]);
  });
});
