// Requests with invalid parameters and hostile bodies. Each gets a Status with 4xx that names the fault.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeAdmission } from "../../../src/apis/admission.ts";
import { makeServingConfig } from "../../../src/apis/config/serving-config.ts";
import { unknownFields } from "../../../src/apis/schema/schemas.ts";
import { RuntimeError } from "../../../src/node/runtime/runtime.ts";
import { type ApiRig, ksvc, startApi } from "../../support/api.ts";

const { config } = makeServingConfig(new Map());
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";
const configMap = (name: string, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, ...metadata },
});
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec: { nodeName: "knap", containers: [{ name: "c", image: "x" }] },
};

let api: ApiRig;
let logs: () => AsyncIterable<string>;
beforeEach(async () => {
  logs = async function* () {
    yield "one";
    yield "two";
  };
  api = await startApi({
    storeOptions: { admission: makeAdmission({ config: () => config }) },
    logs: () => logs(),
    ports: () => {
      throw new RangeError("a port that no socket has");
    },
  });
});
afterEach(() => api[Symbol.asyncDispose]());

const send = async (method: string, path: string, body?: unknown, type?: string): Promise<[number, string]> => {
  const response = await api.send(method, path, body, type === undefined ? {} : { "content-type": type });
  return [response.status, await response.text()];
};
const PATCH = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

describe("a delete", () => {
  test.each([
    [{ gracePeriodSeconds: "abc" }],
    [{ gracePeriodSeconds: 1.5 }],
    [{ gracePeriodSeconds: 1e300 }],
    [{ preconditions: { uid: 5 } }],
    [{ preconditions: 5 }],
    [{ dryRun: "All" }],
    [{ propagationPolicy: 5 }],
    [{ orphanDependents: "yes" }],
  ])("a delete is refused with 400 if an option has a wrong type: %j (11 A8)", async (options) => {
    await send("POST", CONFIG_MAPS, configMap("x"));
    const [status, text] = await send("DELETE", `${CONFIG_MAPS}/x`, options);
    expect([status, text]).toEqual([400, expect.stringContaining("cannot be handled as a DeleteOptions")]);
    expect((await send("DELETE", CONFIG_MAPS, options))[0]).toBe(400);
    expect((await send("GET", `${CONFIG_MAPS}/x`))[0]).toBe(200);
  });

  test("a delete is refused with 400 if gracePeriodSeconds in the query is not a whole number (11 A8)", async () => {
    await send("POST", CONFIG_MAPS, configMap("x"));
    const [status, text] = await send("DELETE", `${CONFIG_MAPS}/x?gracePeriodSeconds=abc`);
    expect([status, text]).toEqual([400, expect.stringContaining("gracePeriodSeconds: Invalid value")]);
  });

  test("a delete accepts any grace period that an int64 can hold, and treats a negative one as 1 s (11 A8)", async () => {
    await send("POST", PODS, pod);
    const [, long] = await send("DELETE", `${PODS}/p`, { gracePeriodSeconds: 9e18 });
    expect(JSON.parse(long).metadata).toMatchObject({ deletionTimestamp: "9999-12-31T23:59:59Z" });
    const [, short] = await send("DELETE", `${PODS}/p`, { gracePeriodSeconds: -7 });
    expect(JSON.parse(short).metadata).toMatchObject({ deletionGracePeriodSeconds: 1 });
  });

  test("a delete of a collection is refused if the delete of one object is refused (11 A8)", async () => {
    await send("POST", CONFIG_MAPS, configMap("x"));
    const options = { preconditions: { uid: "another" } };
    expect((await send("DELETE", CONFIG_MAPS, options))[0]).toBe(409);
    expect((await send("GET", `${CONFIG_MAPS}/x`))[0]).toBe(200);
  });

  test("a delete with orphanDependents keeps dependents (11 A8)", async () => {
    const [, owner] = await send("POST", CONFIG_MAPS, configMap("owner"));
    const reference = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: JSON.parse(owner).metadata.uid };
    await send("POST", CONFIG_MAPS, configMap("owned", { ownerReferences: [reference] }));
    await send("DELETE", `${CONFIG_MAPS}/owner`, { orphanDependents: true });
    api.store.collectGarbage();
    expect((await send("GET", `${CONFIG_MAPS}/owned`))[0]).toBe(200);
    expect((await send("GET", `${CONFIG_MAPS}/owner`))[0]).toBe(404);
  });
});

test("the namespaces of the system cannot be deleted, alone or as a collection (11 A8)", async () => {
  for (const name of ["default", "kube-system", "kube-public"]) {
    const [status, text] = await send("DELETE", `/api/v1/namespaces/${name}`);
    expect([status, text]).toEqual([403, expect.stringContaining("this namespace may not be deleted")]);
  }
  expect((await send("DELETE", "/api/v1/namespaces"))[0]).toBe(405);
  expect((await send("DELETE", "/api/v1/namespaces/knative-serving"))[0]).toBe(200);
});

describe("a watch", () => {
  test.each(["99999999999999", "2147484"])("stays open with timeoutSeconds=%s (11 A8)", async (seconds) => {
    const response = await api.send("GET", `${CONFIG_MAPS}?watch=1&timeoutSeconds=${seconds}`);
    const reader = response.body?.getReader();
    const end = reader?.read().then(({ done }) => done);
    expect(await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 200, "open"))])).toBe("open");
    await reader?.cancel();
  });

  test.each(["abc", "-1", "1e3"])("is refused with 400 with timeoutSeconds=%s (11 A8)", async (seconds) => {
    expect((await send("GET", `${CONFIG_MAPS}?watch=1&timeoutSeconds=${seconds}`))[0]).toBe(400);
  });
});

test.each(["constructor", "metadata.constructor", "metadata.toString.name", "data.__proto__"])(
  "a field selector with a field that no kind indexes is refused with 400: %s (11 A8)",
  async (path) => {
    expect((await send("GET", `${CONFIG_MAPS}?fieldSelector=${path}=`))[0]).toBe(400);
  },
);

describe("the log of a pod", () => {
  beforeEach(() => send("POST", PODS, pod));

  test.each(["tailLines=abc", "tailLines=-1", "sinceSeconds=0", "sinceSeconds=1e300", "limitBytes=0", "sinceTime=now"])(
    "the log of a pod is refused with 400 for %s (11 A8)",
    async (query) => {
      const [status, text] = await send("GET", `${PODS}/p/log?${query}`);
      expect([status, text]).toEqual([400, expect.stringContaining(`${query.split("=")[0]}: Invalid value`)]);
    },
  );

  test("the log of a pod is complete if it is larger than the buffers of the connection (11 A6)", async () => {
    const line = "x".repeat(1023);
    logs = async function* () {
      for (let at = 0; at < 8192; at++) yield line;
    };
    expect((await send("GET", `${PODS}/p/log`))[1].length).toBe(8 * 1024 * 1024);
  });

  test("the log of a pod ends after limitBytes (11 A8)", async () => {
    expect(await send("GET", `${PODS}/p/log?limitBytes=6`)).toEqual([200, "one\ntw"]);
  });

  test("the log of a pod gets 503 if the container runtime fails before the first line (11 A8)", async () => {
    logs = async function* () {
      await Promise.reject(new RuntimeError("unreachable", "the engine is unreachable"));
      yield "";
    };
    const [status, text] = await send("GET", `${PODS}/p/log`);
    expect([status, text]).toEqual([503, expect.stringContaining("the engine is unreachable")]);
  });
});

test.each(["65536", "0", "-1", "+0", "99999999999999999999"])(
  "the proxy of a pod refuses port %s with 400 (11 A8)",
  async (port) => {
    await send("POST", PODS, pod);
    api.store.writeStatus({ kind: "Pod", namespace: "default", name: "p" }, { podIP: "10.0.0.1" });
    const [status, text] = await send("GET", `${PODS}/p:${port}/proxy/`);
    expect([status, text]).toEqual([400, expect.stringContaining("invalid pod request")]);
    expect((await send("GET", `/api/v1/namespaces/default/services/p:${port}/proxy/`))[0]).toBe(404);
  },
);

describe("metadata", () => {
  const object = { toString: 5 };
  test.each(["name", "generateName", "uid", "resourceVersion", "namespace", "ownerReferences", "finalizers"])(
    "with a wrong type in %s is refused with 400, in a create, a replace and patches (11 A8)",
    async (field) => {
      await send("POST", PODS, pod);
      for (const value of [object, 5, [5], [[]]]) {
        const body = { ...pod, metadata: { name: "p", [field]: value } };
        expect((await send("POST", PODS, body))[0]).toBe(400);
        expect((await send("PUT", `${PODS}/p`, body))[0]).toBe(400);
        expect((await send("PATCH", `${PODS}/p`, { metadata: { [field]: value } }, PATCH.merge))[0]).toBe(400);
        expect((await send("PATCH", `${PODS}/p`, { metadata: { [field]: value } }, PATCH.strategic))[0]).toBe(400);
      }
    },
  );
});

describe("a hostile body", () => {
  const nested = (open: string, close: string, depth: number): string => open.repeat(depth) + close.repeat(depth);

  test.each([
    ["lists", "[", "]"],
    ["objects", '{"a":', "1}"],
  ])("a body of 1,000,000 nested %s is refused with 400 and its position (11 A7)", async (_, open, close) => {
    const deep = open.repeat(1_000_000).slice(0, 2_000_000);
    for (const type of [...Object.values(PATCH), "application/json"]) {
      const [method, path] = type === "application/json" ? ["POST", CONFIG_MAPS] : ["PATCH", `${CONFIG_MAPS}/x`];
      await send("POST", CONFIG_MAPS, configMap("x"));
      const [status, text] = await send(method as string, path as string, deep + close, type);
      expect([status, text]).toEqual([
        400,
        expect.stringMatching(/more than 500 objects and lists .* at position \d+/),
      ]);
    }
  });

  test.each(Object.entries(PATCH))("a %s patch may have 500 levels, but not 5,000 (11 A7)", async (kind, type) => {
    await send("POST", CONFIG_MAPS, configMap("x"));
    const body = (depth: number): string => {
      const value = nested('{"a":', "}", depth).replace(":}", ":1}");
      return kind === "json" ? `[{"op":"add","path":"/x","value":${value}}]` : `{"x":${value}}`;
    };
    expect((await send("PATCH", `${CONFIG_MAPS}/x`, body(490), type))[0]).toBe(200);
    expect((await send("PATCH", `${CONFIG_MAPS}/x`, body(5000), type))[0]).toBe(400);
  });

  test("a JSON patch with a pointer of 5,000 levels finds nothing (11 A7)", async () => {
    await send("POST", CONFIG_MAPS, configMap("x"));
    const path = "/a".repeat(5000);
    for (const operation of [
      { op: "test", path, value: 1 },
      { op: "remove", path },
      { op: "replace", path, value: 1 },
      { op: "add", path, value: 1 },
      { op: "copy", from: "/metadata", path },
    ]) {
      expect((await send("PATCH", `${CONFIG_MAPS}/x`, [operation], PATCH.json))[0]).toBe(422);
    }
  });

  test("a JSON patch that moves an object 500 levels deeper is refused (11 A7)", async () => {
    await send("POST", CONFIG_MAPS, configMap("x"));
    const operations = Array.from({ length: 499 }, (_, at) => [
      { op: "add", path: `/x${at + 1}`, value: {} },
      { op: "move", from: at === 0 ? "/metadata" : `/x${at}`, path: `/x${at + 1}/a` },
    ]).flat();
    expect((await send("PATCH", `${CONFIG_MAPS}/x`, operations, PATCH.json))[0]).toBe(413);
  });

  test("a JSON patch whose copies double the object each time is refused (11 A7)", async () => {
    await send("POST", CONFIG_MAPS, configMap("x"));
    const operations = Array.from({ length: 40 }, (_, at) => ({
      op: "copy",
      from: "/metadata",
      path: `/metadata/x${at}`,
    }));
    expect((await send("PATCH", `${CONFIG_MAPS}/x`, operations, PATCH.json))[0]).toBe(413);
    const many = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "ConfigMap" }));
    expect((await send("PATCH", `${CONFIG_MAPS}/x`, many, PATCH.json))[0]).toBe(413);
  });

  test.each([
    "/metadata/toString/x",
    "/hasOwnProperty/call",
    "/metadata/__proto__/x",
    "/metadata/name/x",
    "/kind/length",
    "/metadata/constructor/x",
    "/metadata/finalizers/length",
  ])("a JSON patch of %s, which exists in no object, changes nothing (11 A8)", async (path) => {
    await send("POST", CONFIG_MAPS, configMap("x", { finalizers: ["a/b"] }));
    for (const op of ["add", "replace", "remove", "test"]) {
      expect((await send("PATCH", `${CONFIG_MAPS}/x`, [{ op, path, value: 5 }], PATCH.json))[0]).toBe(422);
    }
    expect((await send("PATCH", `${CONFIG_MAPS}/x`, [{ op: "copy", from: path, path: "/y" }], PATCH.json))[0]).toBe(
      422,
    );
    expect(Object.hasOwn({}.hasOwnProperty, "call")).toBe(false);
    expect(JSON.parse((await send("GET", `${CONFIG_MAPS}/x`))[1]).metadata.finalizers).toEqual(["a/b"]);
  });

  test("a body with 500,000 wrong items gets at most 100 findings (11 A7)", async () => {
    const containers = Array.from({ length: 500_000 }, () => []);
    const [status, text] = await send("POST", PODS, { ...pod, spec: { containers } });
    expect(status).toBe(422);
    expect(JSON.parse(text).details.causes).toHaveLength(100);
  });

  test("with many unknown fields gets warnings that fit into headers (11 A7)", async () => {
    const fields = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`field${at}`, 1]));
    await using strict = await startApi({ unknownFields });
    const response = await strict.send("POST", "/apis/serving.knative.dev/v1/namespaces/default/services", {
      ...ksvc("x"),
      ...fields,
    });
    expect(response.status).toBe(201);
    expect(response.headers.get("warning")?.length).toBeLessThan(8192);
  });
});
