// The least of OpenAPI v3 with which kubectl (1.29 and newer) applies: which kinds there are and that the server checks fields itself.
import { type Resource, resources } from "../apis/kinds.ts";

const pathOf = ({ group, version }: Resource): string => (group === "" ? `api/${version}` : `apis/${group}/${version}`);

/** The document of `/openapi/v3` or of one group-version below it; undefined when there is none. `prefix` stands before its links. */
export function openApi(path: string, prefix: string): unknown {
  if (path === "/openapi/v3") {
    const paths = [...new Set(resources.map(pathOf))];
    return {
      paths: Object.fromEntries(
        paths.map((each) => [each, { serverRelativeURL: `${prefix}/openapi/v3/${each}?hash=1` }]),
      ),
    };
  }
  const found = resources.filter((resource) => path === `/openapi/v3/${pathOf(resource)}`);
  if (found.length === 0) return undefined;
  return {
    openapi: "3.0.0",
    info: { title: "knap", version: "v1" },
    paths: Object.fromEntries(found.map((resource) => [objectPath(resource), { patch: patchOf(resource) }])),
    components: { schemas: Object.fromEntries(found.map((resource) => [schemaName(resource), schemaOf(resource)])) },
  };
}

function objectPath(resource: Resource): string {
  const scope = resource.namespaced ? "namespaces/{namespace}/" : "";
  return `/${pathOf(resource)}/${scope}${resource.plural}/{name}`;
}

const gvk = ({ group, version, name }: Resource): object => ({ group, version, kind: name });
const schemaName = ({ group, version, name }: Resource): string => `${group || "core"}.${version}.${name}`;

function patchOf(resource: Resource): object {
  return {
    operationId: `patch${resource.name}`,
    "x-kubernetes-action": "patch",
    "x-kubernetes-group-version-kind": gvk(resource),
    parameters: [
      { name: "dryRun", in: "query", schema: { type: "string" } },
      // kubectl leaves the checking of fields to a server whose patch takes this parameter
      { name: "fieldValidation", in: "query", schema: { type: "string" } },
    ],
    responses: { "200": { description: "OK" } },
  };
}

function schemaOf(resource: Resource): object {
  return {
    type: "object",
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: { type: "object" },
      spec: { type: "object" },
      status: { type: "object" },
    },
    "x-kubernetes-group-version-kind": [gvk(resource)],
    "x-kubernetes-preserve-unknown-fields": true,
  };
}
