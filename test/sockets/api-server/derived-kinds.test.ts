// Tests the kinds that the API derives from stored objects, which clients can only read.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type {
  CustomResourceDefinition,
  EndpointSlice,
  EventV1,
  ReplicaSet,
} from "../../../src/apis/core/derived-types.ts";
import { resources } from "../../../src/apis/kinds.ts";
import type { AnyObject, Stored } from "../../../src/apis/meta/object.ts";
import { type ApiRig, startApi } from "../../support/api.ts";

const SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
const SETS = "/apis/apps/v1/namespaces/default/replicasets";
const EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events";
const TABLE = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

let api: ApiRig;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api[Symbol.asyncDispose]());

async function read<T>(path: string, headers?: Record<string, string>): Promise<T> {
  const response = await api.send("GET", path, undefined, headers);
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}
async function list<T>(path: string): Promise<readonly Stored<T & AnyObject>[]> {
  return (await read<{ items: readonly Stored<T & AnyObject>[] }>(path)).items;
}
async function rowsOf(path: string): Promise<readonly (readonly unknown[])[]> {
  const { rows } = await read<{ rows: readonly { cells: readonly unknown[] }[] }>(path, TABLE);
  return rows.map(({ cells }) => cells);
}
/** Reads a watch until its timeout of one second, and returns `TYPE name` of each event. */
async function eventsSince(path: string, version: number): Promise<readonly string[]> {
  const response = await api.send("GET", `${path}?watch=true&timeoutSeconds=1&resourceVersion=${version}`);
  const lines = (await response.text()).trim().split("\n");
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const { type, object } = JSON.parse(line) as { type: string; object: AnyObject };
      return `${type} ${object.metadata.name}`;
    });
}
const create = (object: object): Stored => {
  const made = api.store.create(object as AnyObject);
  if ("refused" in made) throw new Error(made.refused.message);
  return made.object;
};
const meta = (name: string, more = {}) => ({ name, namespace: "default", ...more });
const address = (ip: string) => ({ ip, nodeName: "knap", targetRef: { kind: "Pod", namespace: "default", name: ip } });
const http = { name: "http", port: 8012, protocol: "TCP" };
const endpoints = (name: string, subsets: readonly object[], more = {}) =>
  ({ apiVersion: "v1", kind: "Endpoints", metadata: meta(name, more), subsets }) as AnyObject;

describe("EndpointSlices", () => {
  const owner = { apiVersion: "v1", kind: "Service", name: "hello", uid: "u1" };
  const managed = {
    labels: { app: "x", "endpoints.kubernetes.io/managed-by": "endpoint-controller" },
    ownerReferences: [owner],
  };
  const subset = { addresses: [address("10.0.0.1")], notReadyAddresses: [address("10.0.0.2")], ports: [http] };

  test("a Service's EndpointSlice is found by its label, with the readiness of each pod", async () => {
    create(endpoints("hello", [subset], managed));
    create(endpoints("other", []));
    const found = await list<EndpointSlice>(`${SLICES}?labelSelector=kubernetes.io/service-name%3Dhello`);
    expect(found).toMatchObject([
      {
        addressType: "IPv4",
        metadata: {
          name: expect.stringMatching(/^hello-[0-9a-f]{5}$/),
          labels: {
            app: "x",
            "kubernetes.io/service-name": "hello",
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          },
          ownerReferences: [{ ...owner, controller: true }],
        },
        endpoints: [
          { addresses: ["10.0.0.1"], conditions: { ready: true }, nodeName: "knap", targetRef: { name: "10.0.0.1" } },
          { addresses: ["10.0.0.2"], conditions: { ready: false } },
        ],
        ports: [http],
      },
    ]);
    const [slice] = found;
    expect(await read(`${SLICES}/${slice?.metadata.name}`)).toEqual({
      ...slice,
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
    });
    expect((await api.send("GET", `${SLICES}/hello-00000`)).status).toBe(404);
  });

  test("kubectl prints ports and endpoints, and <unset> for a Service without endpoints", async () => {
    const four = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"].map(address);
    create(endpoints("big", [{ addresses: four, ports: [http] }]));
    create(endpoints("empty", []));
    expect((await rowsOf(SLICES)).map(([, ...cells]) => cells.slice(0, 3))).toEqual([
      ["IPv4", "8012", "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more..."],
      ["IPv4", "<unset>", "<unset>"],
    ]);
  });

  test("Endpoints with several sets of ports have one EndpointSlice each, and a watch reports each of them", async () => {
    const { version } = api.store;
    create(endpoints("two", [subset, { addresses: [address("10.0.0.3")], ports: [{ ...http, port: 81 }] }]));
    const names = (await list(SLICES)).map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(2);
    api.store.update(endpoints("two", [subset]));
    api.store.delete({ kind: "Endpoints", namespace: "default", name: "two" });
    const events = await eventsSince(SLICES, version);
    expect([...events.slice(0, 2)].sort()).toEqual(names.map((name) => `ADDED ${name}`));
    const [kept] = events.slice(3);
    expect(events.slice(2)).toEqual([
      expect.stringMatching(/^DELETED two-/),
      kept,
      kept?.replace("MODIFIED", "DELETED"),
    ]);
    expect(kept).toMatch(/^MODIFIED two-/);
  });

  test("pages of a list and lists at an earlier version show the EndpointSlices of that version", async () => {
    for (const name of ["a", "b", "c"]) create(endpoints(name, [subset]));
    const { version } = api.store;
    create(endpoints("d", [subset]));
    const first = await read<{ metadata: { continue: string }; items: readonly AnyObject[] }>(`${SLICES}?limit=3`);
    api.store.delete({ kind: "Endpoints", namespace: "default", name: "d" });
    const rest = await list(`${SLICES}?limit=3&continue=${first.metadata.continue}`);
    expect([...first.items, ...rest].map(({ metadata }) => metadata.name[0])).toEqual(["a", "b", "c", "d"]);
    const exact = await list(`${SLICES}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect(exact.map(({ metadata }) => metadata.name[0])).toEqual(["a", "b", "c"]);
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])(
    "%s of an EndpointSlice is refused, because Endpoints decide",
    async (method) => {
      const response = await api.send(method, method === "POST" ? SLICES : `${SLICES}/x`, {});
      expect([response.status, await response.json()]).toMatchObject([405, { reason: "MethodNotAllowed" }]);
    },
  );
});

test("a Deployment has one ReplicaSet, which it controls, with the columns of kubectl", async () => {
  const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const spec = { replicas: 2, selector: { matchLabels: { app: "web" } }, template };
  const made = create({ apiVersion: "apps/v1", kind: "Deployment", metadata: meta("web"), spec });
  const key = { kind: "Deployment.apps", namespace: "default", name: "web" } as const;
  api.store.writeStatus(key, { replicas: 2, readyReplicas: 1, availableReplicas: 1 });
  const [set] = await list<ReplicaSet>(`${SETS}?labelSelector=app%3Dweb`);
  expect(set).toMatchObject({
    metadata: {
      name: expect.stringMatching(/^web-[a-z0-9]{10}$/),
      ownerReferences: [{ kind: "Deployment", uid: made.metadata.uid, controller: true }],
      annotations: { "deployment.kubernetes.io/revision": "1" },
    },
    spec: { replicas: 2, selector: { matchLabels: { app: "web" } } },
    status: { replicas: 2, readyReplicas: 1 },
  });
  expect(set?.spec.selector.matchLabels).toHaveProperty("pod-template-hash");
  expect((await rowsOf(SETS))[0]?.slice(1, 4)).toEqual([2, 2, 1]);
  expect(await read(`${SETS}/${set?.metadata.name}`)).toMatchObject({ kind: "ReplicaSet" });
});

test("events.k8s.io serves the Events of the core group with its own field names and columns", async () => {
  const event = create({
    apiVersion: "v1",
    kind: "Event",
    metadata: meta("e"),
    involvedObject: { kind: "Pod", name: "p" },
    type: "Warning",
    reason: "Failed",
    message: "no image",
    count: 3,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:00:00Z",
    source: { component: "kubelet" },
  });
  expect(await read<EventV1>(`${EVENTS}/e`)).toMatchObject({
    apiVersion: "events.k8s.io/v1",
    metadata: { uid: event.metadata.uid },
    regarding: { kind: "Pod", name: "p" },
    note: "no image",
    deprecatedCount: 3,
    deprecatedSource: { component: "kubelet" },
    eventTime: null,
  });
  expect((await rowsOf(EVENTS))[0]?.slice(2)).toEqual(["Warning", "Failed", "pod/p", "no image"]);
});

test("kubectl prints the HorizontalPodAutoscaler of a revision, and cannot create one that would have no effect", async () => {
  const HPAS = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
  const target = { type: "Utilization", averageUtilization: 80 };
  create({
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: meta("hello-00001"),
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "hello-00001-deployment" },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [{ type: "Resource", resource: { name: "cpu", target } }],
    },
  });
  const [row] = await rowsOf(HPAS);
  expect(row?.slice(0, 6)).toEqual(["hello-00001", "Deployment/hello-00001-deployment", "cpu: <unknown>/80%", 1, 5, 0]);
  expect((await api.send("POST", HPAS, { metadata: { name: "mine" } })).status).toBe(405);
});

test("each kind of Knative has an established CustomResourceDefinition with its schema", async () => {
  const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const names = (await list(CRDS)).map(({ metadata }) => metadata.name);
  expect(names).toEqual([...names].sort());
  expect(names).toHaveLength(resources.filter(({ group }) => group.endsWith(".knative.dev")).length);
  const { spec, status } = await read<CustomResourceDefinition>(`${CRDS}/services.serving.knative.dev`);
  expect(spec).toMatchObject({
    group: "serving.knative.dev",
    scope: "Namespaced",
    names: { kind: "Service", plural: "services", shortNames: ["kservice", "ksvc"] },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  });
  expect(status.conditions).toContainEqual(expect.objectContaining({ type: "Established", status: "True" }));
  expect((await api.send("GET", `${CRDS}/none.serving.knative.dev`)).status).toBe(404);
});

test("discovery and OpenAPI show that derived kinds can only be read", async () => {
  const { resources } = await read<{ resources: readonly { name: string; verbs: readonly string[] }[] }>(
    "/apis/discovery.k8s.io/v1",
  );
  expect(resources).toMatchObject([{ name: "endpointslices", verbs: ["get", "list", "watch"] }]);
  const { paths, components } = await read<{
    paths: Record<string, object>;
    components: { schemas: Record<string, { properties: object }> };
  }>("/openapi/v3/apis/discovery.k8s.io/v1");
  const path = paths["/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/{name}"] ?? {};
  expect(Object.keys(path)).toEqual(["parameters", "get"]);
  expect(components.schemas["io.k8s.api.discovery.v1.EndpointSlice"]?.properties).toHaveProperty("endpoints");
});
