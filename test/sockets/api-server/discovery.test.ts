import { afterAll, beforeAll, expect, it } from "vitest";
import { apiResources, resources } from "../../../src/apis/kinds.ts";
import { type ApiRig, startApi } from "../../support/api.ts";

let api: ApiRig;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api[Symbol.asyncDispose]());
const read = async (
  path: string,
  accept?: string,
): Promise<{ readonly type: string; readonly body: Record<string, unknown> }> => {
  const response = await api.send("GET", path, undefined, accept ? { accept } : {});
  expect(response.status).toBe(200);
  return { type: response.headers.get("content-type") ?? "", body: (await response.json()) as Record<string, unknown> };
};

it("discovery lists versions, groups and resources", async () => {
  expect((await read("/api")).body).toMatchObject({ kind: "APIVersions", versions: ["v1"] });
  const groups = (await read("/apis")).body["groups"] as {
    name: string;
    versions: { version: string }[];
    preferredVersion: { version: string };
  }[];
  expect(groups.every(({ versions, preferredVersion }) => preferredVersion.version === versions[0]?.version)).toBe(
    true,
  );
  expect(groups.find(({ name }) => name === "serving.knative.dev")?.versions.map(({ version }) => version)).toEqual([
    "v1",
    "v1beta1",
  ]);
  const serving = (await read("/apis/serving.knative.dev/v1")).body["resources"] as { name: string }[];
  expect(serving).toContainEqual(
    expect.objectContaining({ name: "services", kind: "Service", shortNames: ["kservice", "ksvc"], namespaced: true }),
  );
  expect(serving.map(({ name }) => name)).toContain("services/status");
  const core = (await read("/api/v1")).body["resources"] as { name: string }[];
  const subresources = ["attach", "eviction", "exec", "log", "portforward", "proxy", "status"];
  expect(core.flatMap(({ name }) => /^pods\/(.*)/.exec(name)?.[1] ?? []).sort()).toEqual(subresources);
});

it.each(["v2", "v2beta1"])("aggregated discovery %s has its own content type", async (version) => {
  const accept = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`;
  const { type, body } = await read("/apis", accept);
  expect(type).toBe(`application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`);
  const items = body["items"] as { versions: { resources: { resource: string; categories: string[] }[] }[] }[];
  const all = items.flatMap(({ versions }) => versions.flatMap((each) => each.resources));
  expect(all).toHaveLength(apiResources.filter(({ group }) => group !== "").length);
  expect(all.find(({ resource }) => resource === "revisions")?.categories).toContain("knative");
});

it("the API serves an OpenAPI v3 document in which every stored kind supports fieldValidation", async () => {
  const paths = (await read("/openapi/v3")).body["paths"] as Record<string, { serverRelativeURL: string }>;
  const kinds = new Set<string>();
  for (const { serverRelativeURL } of Object.values(paths)) {
    const document = (await read(serverRelativeURL)).body["paths"] as Record<
      string,
      { patch?: { parameters: { name: string }[]; "x-kubernetes-group-version-kind": { kind: string; group: string } } }
    >;
    for (const [path, { patch }] of Object.entries(document).filter(([each]) => each.endsWith("/{name}"))) {
      if (!patch) continue;
      const resource = resources.find(({ plural }) => path.endsWith(`/${plural}/{name}`));
      expect(path.includes("/namespaces/{namespace}/")).toBe(resource?.namespaced);
      expect(patch.parameters.map(({ name }) => name)).toContain("fieldValidation");
      const { kind, group } = patch["x-kubernetes-group-version-kind"];
      kinds.add(group === "" ? kind : `${kind}.${group}`);
    }
  }
  expect([...kinds].sort()).toEqual(resources.map(({ kind }) => kind).sort());
});

it("the OpenAPI document describes the fields of a kind with types and descriptions", async () => {
  const { components } = (await read("/openapi/v3/apis/serving.knative.dev/v1")).body as unknown as {
    components: { schemas: Record<string, { properties: Record<string, never>; [key: string]: unknown }> };
  };
  const service = components.schemas["dev.knative.serving.v1.Service"];
  expect(service?.["x-kubernetes-group-version-kind"]).toEqual([
    { group: "serving.knative.dev", version: "v1", kind: "Service" },
  ]);
  expect(service?.properties).toMatchObject({
    spec: {
      properties: {
        template: {
          properties: {
            spec: {
              required: ["containers"],
              properties: {
                affinity: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                containers: {
                  type: "array",
                  description: expect.any(String),
                  items: {
                    properties: {
                      readinessProbe: {
                        properties: { httpGet: { properties: { port: { "x-kubernetes-int-or-string": true } } } },
                      },
                      resources: {
                        properties: { limits: { additionalProperties: { "x-kubernetes-int-or-string": true } } },
                      },
                      env: { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] },
                    },
                  },
                },
              },
            },
          },
        },
        traffic: { items: { properties: { percent: { type: "integer", format: "int64" } } } },
      },
    },
  });
});
