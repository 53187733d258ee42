// Tests the requests that are no objects: scale, eviction and reviews of rights.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AnyObject, Stored } from "../../../src/apis/meta/object.ts";
import { type ApiRig, startApi } from "../../support/api.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const SCALE = `${DEPLOYMENTS}/web/scale`;
const KEY = { kind: "Deployment.apps", namespace: "default", name: "web" } as const;
const MERGE = { "content-type": "application/merge-patch+json" };

let api: ApiRig;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api[Symbol.asyncDispose]());

async function send(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
  const response = await api.send(method, path, body, headers);
  return [response.status, (await response.json()) as Record<string, never>] as const;
}
const create = (object: object): Stored => {
  const made = api.store.create(object as AnyObject);
  if ("refused" in made) throw new Error(made.refused.message);
  return made.object;
};
const replicas = (): unknown => api.store.get("Deployment.apps", "default", "web")?.spec.replicas;

describe("the scale of a Deployment", () => {
  let made: Stored;
  beforeEach(async () => {
    const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } };
    const spec = { replicas: 2, selector: { matchLabels: { app: "web" } }, template };
    [, made] = (await send("POST", DEPLOYMENTS, { metadata: { name: "web" }, spec })) as readonly [number, never];
    api.store.writeStatus(KEY, { replicas: 1 });
  });

  test("GET returns the wanted and the present replicas, and the selector as text", async () => {
    expect(await send("GET", SCALE)).toMatchObject([
      200,
      {
        kind: "Scale",
        apiVersion: "autoscaling/v1",
        metadata: { name: "web", namespace: "default", uid: made.metadata.uid },
        spec: { replicas: 2 },
        status: { replicas: 1, selector: "app=web" },
      },
    ]);
    expect((await send("GET", `${DEPLOYMENTS}/none/scale`))[0]).toBe(404);
  });

  test("PUT and PATCH change the replicas and nothing else, with the field manager of the subresource", async () => {
    const [, scale] = await send("GET", SCALE);
    expect(await send("PUT", SCALE, { ...scale, spec: { replicas: 5 } })).toMatchObject([
      200,
      { spec: { replicas: 5 } },
    ]);
    expect(replicas()).toBe(5);
    expect(await send("PATCH", SCALE, { spec: { replicas: 0 } }, MERGE)).toMatchObject([
      200,
      { spec: { replicas: 0 } },
    ]);
    const live = api.store.get("Deployment.apps", "default", "web");
    expect(live).toMatchObject({ spec: { replicas: 0, template: { spec: { containers: [{ name: "c" }] } } } });
    expect(live?.metadata.managedFields?.at(-1)).toMatchObject({ subresource: "scale" });
  });

  test("a stale version, another name, wrong replicas and server-side apply are refused", async () => {
    const [, scale] = await send("GET", SCALE);
    await send("PATCH", SCALE, { spec: { replicas: 3 } }, MERGE);
    expect((await send("PUT", SCALE, { ...scale, spec: { replicas: 9 } }))[0]).toBe(409);
    expect((await send("PUT", SCALE, { metadata: { name: "other" }, spec: { replicas: 9 } }))[0]).toBe(400);
    expect((await send("PATCH", SCALE, { spec: 5 }, MERGE))[0]).toBe(400);
    for (const wrong of [-1, 1.5, "2"]) {
      const answer = await send("PATCH", SCALE, { spec: { replicas: wrong } }, MERGE);
      expect(answer).toMatchObject([422, { details: { causes: [{ field: "spec.replicas" }] } }]);
    }
    expect((await send("PATCH", SCALE, {}, { "content-type": "application/apply-patch+yaml" }))[0]).toBe(415);
    expect((await send("DELETE", SCALE))[0]).toBe(405);
    expect(replicas()).toBe(3);
  });

  test("a dry run changes nothing", async () => {
    const answer = await send("PATCH", `${SCALE}?dryRun=All`, { spec: { replicas: 7 } }, MERGE);
    expect(answer).toMatchObject([200, { spec: { replicas: 7 } }]);
    expect(replicas()).toBe(2);
  });
});

describe("the eviction of a Pod", () => {
  const POD = "/api/v1/namespaces/default/pods/p/eviction";
  const eviction = (deleteOptions?: object) => ({ apiVersion: "policy/v1", kind: "Eviction", deleteOptions });
  const isThere = (): boolean => api.store.get("Pod", "default", "p") !== undefined;
  beforeEach(() => {
    const spec = { containers: [{ name: "c", image: "i" }] };
    create({ apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "default" }, spec });
  });

  test("an eviction deletes the Pod with its options", async () => {
    expect((await send("POST", POD, eviction({ preconditions: { uid: "other" } })))[0]).toBe(409);
    expect((await send("POST", POD, eviction({ dryRun: ["All"], gracePeriodSeconds: 0 })))[0]).toBe(201);
    expect(isThere()).toBe(true);
    const answer = await send("POST", POD, eviction({ gracePeriodSeconds: 0 }));
    expect(answer).toMatchObject([201, { kind: "Status", status: "Success" }]);
    expect(isThere()).toBe(false);
    expect((await send("POST", POD, eviction()))[0]).toBe(404);
  });

  test("a body of another kind and wrong options are refused", async () => {
    expect((await send("POST", POD, { kind: "Pod" }))[0]).toBe(400);
    expect((await send("POST", POD, eviction([] as object)))[0]).toBe(400);
    expect((await send("POST", POD, eviction({ dryRun: ["Some"] })))[0]).toBe(422);
    expect((await send("GET", POD))[0]).toBe(405);
    expect(isThere()).toBe(true);
  });
});

describe("reviews", () => {
  const AUTHORIZATION = "/apis/authorization.k8s.io/v1";
  const review = { spec: { resourceAttributes: { verb: "delete", resource: "pods", namespace: "default" } } };

  test.each([
    `${AUTHORIZATION}/selfsubjectaccessreviews`,
    `${AUTHORIZATION}/subjectaccessreviews`,
    `${AUTHORIZATION}/namespaces/default/localsubjectaccessreviews`,
  ])("a review at %s says that everything is allowed", async (path) => {
    expect(await send("POST", path, review)).toMatchObject([201, { ...review, status: { allowed: true } }]);
    expect((await send("GET", path))[0]).toBe(405);
    expect((await send("POST", path, { kind: "Pod" }))[0]).toBe(400);
  });

  test("SelfSubjectReview names the user, SelfSubjectRulesReview the rights", async () => {
    const self = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    expect((await send("POST", self, {}))[1]).toMatchObject({
      kind: "SelfSubjectReview",
      status: { userInfo: { username: "kubernetes-admin" } },
    });
    const rules = await send("POST", `${AUTHORIZATION}/selfsubjectrulesreviews`, { spec: { namespace: "default" } });
    expect(rules[1]).toMatchObject({ status: { resourceRules: [{ verbs: ["*"] }], incomplete: false } });
  });
});

test("a Lease is stored like other objects, and kubectl prints its holder", async () => {
  const LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
  const spec = { holderIdentity: "a", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000000Z" };
  expect(await send("POST", LEASES, { metadata: { name: "leader" }, spec })).toMatchObject([
    201,
    { kind: "Lease", spec },
  ]);
  const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };
  const [, { rows }] = await send("GET", LEASES, undefined, table);
  expect(rows).toMatchObject([{ cells: ["leader", "a", expect.any(String)] }]);
});

test("discovery names the group of a subresource of another group", async () => {
  const [, { resources }] = await send("GET", "/apis/apps/v1");
  expect(resources).toContainEqual(
    expect.objectContaining({ name: "deployments/scale", kind: "Scale", group: "autoscaling", version: "v1" }),
  );
  const [, core] = await send("GET", "/api/v1");
  expect(core["resources"]).toContainEqual(
    expect.objectContaining({ name: "pods/eviction", kind: "Eviction", group: "policy", version: "v1" }),
  );
});
