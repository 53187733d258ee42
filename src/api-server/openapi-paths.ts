// Makes the paths of OpenAPI v3 documents: the operations of each resource, their parameters, bodies and answers.
import { apiVersionOf, isCustom, type Resource } from "../apis/kinds.ts";
import { DELETE_OPTIONS, PATCH, STATUS, schemaName } from "./openapi-schemas.ts";

const MEDIA = ["application/json", "application/yaml"];
const PATCHES = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];
const STRATEGIC = "application/strategic-merge-patch+json";

interface Parameter {
  readonly name: string;
  readonly in: "query" | "path";
  readonly required?: true;
  readonly description: string;
  readonly schema: { readonly type: "string" | "boolean" | "integer"; readonly uniqueItems: true };
}

const query = (name: string, description: string, type: Parameter["schema"]["type"] = "string"): Parameter => ({
  name,
  in: "query",
  description,
  schema: { type, uniqueItems: true },
});
const inPath = (name: string, description: string): Parameter => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string", uniqueItems: true },
});

const WRITE = [
  query("dryRun", "All: the server checks the request and writes nothing."),
  query("fieldManager", "Name of the program that makes the change, of at most 128 bytes."),
  // kubectl checks fields itself unless the server's PATCH has this parameter.
  query("fieldValidation", "What unknown and repeated fields cause: Ignore, Warn or Strict."),
];
const FORCE = query("force", "Take over fields that another manager of server-side apply owns.", "boolean");
const LIST = [
  query("allowWatchBookmarks", "The watch may send bookmarks.", "boolean"),
  query("continue", "The token of the previous page."),
  query("fieldSelector", "Return only objects with these fields."),
  query("labelSelector", "Return only objects with these labels."),
  query("limit", "The most objects of one page.", "integer"),
  query("resourceVersion", "The oldest version that the answer may show."),
  query("resourceVersionMatch", "How resourceVersion counts: Exact or NotOlderThan."),
  query("sendInitialEvents", "The watch begins with the present objects.", "boolean"),
  query("timeoutSeconds", "Time after which the watch ends.", "integer"),
  query("watch", "Stream later changes.", "boolean"),
];
const DELETE = [
  query("dryRun", "All: the server checks the request and deletes nothing."),
  query("gracePeriodSeconds", "Time for the object to end.", "integer"),
  query("orphanDependents", "Keep the dependents. Use propagationPolicy instead.", "boolean"),
  query("propagationPolicy", "What happens to the dependents: Orphan, Background or Foreground."),
];
const NAMESPACE = inPath("namespace", "The namespace of the objects.");
const NAME = inPath("name", "The name of the object.");

/** Returns the paths of a resource, with their operations. */
export function pathsOf(resource: Resource): Readonly<Record<string, object>> {
  const { group, plural, namespaced, statusSubresource, kind } = resource;
  const root = `/${group === "" ? "api" : "apis"}/${apiVersionOf(resource)}`;
  const base = `${root}/${namespaced ? "namespaces/{namespace}/" : ""}${plural}`;
  const shared = namespaced ? [NAMESPACE] : [];
  const { operation } = makeOperations(resource);
  // Namespaces have no deletecollection.
  if (resource.access === "review") {
    return { [base]: { parameters: shared, post: operation("post", { parameters: WRITE }) } };
  }
  const canDeleteAll = kind !== "Namespace";
  const canWrite = resource.access === "readWrite";
  return {
    [base]: {
      parameters: shared,
      get: operation("list", { parameters: LIST }),
      ...(canWrite && { post: operation("post", { parameters: WRITE }) }),
      ...(canWrite && canDeleteAll && { delete: operation("deletecollection", { parameters: [...DELETE, ...LIST] }) }),
    },
    [`${base}/{name}`]: {
      parameters: [NAME, ...shared],
      get: operation("get", {}),
      ...(canWrite && {
        put: operation("put", { parameters: WRITE }),
        patch: operation("patch", { parameters: [...WRITE, FORCE] }),
        delete: operation("delete", { parameters: DELETE }),
      }),
    },
    ...(statusSubresource && {
      [`${base}/{name}/status`]: {
        parameters: [NAME, ...shared],
        get: operation("get", { part: "Status" }),
        put: operation("put", { parameters: WRITE, part: "Status" }),
        patch: operation("patch", { parameters: [...WRITE, FORCE], part: "Status" }),
      },
    }),
    ...(namespaced && { [`${root}/${plural}`]: { parameters: LIST, get: operation("list", { everywhere: true }) } }),
  };
}

type Action = "list" | "post" | "deletecollection" | "get" | "put" | "patch" | "delete";
interface Facts {
  readonly parameters?: readonly Parameter[];
  readonly part?: "Status";
  /** The list of all namespaces. */
  readonly everywhere?: true;
}

const VERBS: Readonly<Record<Action, string>> = {
  list: "list",
  post: "create",
  deletecollection: "delete",
  get: "read",
  put: "replace",
  patch: "patch",
  delete: "delete",
};

function makeOperations(resource: Resource) {
  const { group, version, name, namespaced } = resource;
  const groupName = (group === "" ? "core" : group).split(".").map(capitalised).join("");
  const scope = namespaced ? "Namespaced" : "";
  const object = { $ref: `#/components/schemas/${schemaName(resource)}` };
  const list = { $ref: `#/components/schemas/${schemaName(resource, "List")}` };
  const patches = isCustom(resource) ? PATCHES : [...PATCHES, STRATEGIC];
  const contents = (types: readonly string[], schema: object): object =>
    Object.fromEntries(types.map((type) => [type, { schema }]));
  const shared = (schema: string): object => ({ $ref: `#/components/schemas/${schema}` });
  const operation = (action: Action, { parameters = [], part, everywhere }: Facts): object => {
    const answer =
      action === "list" ? list : action === "delete" || action === "deletecollection" ? shared(STATUS) : object;
    const middle = everywhere ? "" : action === "deletecollection" ? `Collection${scope}` : scope;
    const suffix = `${part ?? ""}${everywhere ? "ForAllNamespaces" : ""}`;
    return {
      operationId: `${VERBS[action]}${groupName}${capitalised(version)}${middle}${name}${suffix}`,
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": { group, version, kind: name },
      ...(parameters.length > 0 && { parameters }),
      ...bodyOf(action),
      responses: {
        "200": { description: "OK", content: contents(MEDIA, answer) },
        ...(action === "post" && { "201": { description: "Created", content: contents(MEDIA, object) } }),
      },
    };
  };
  const bodyOf = (action: Action): object => {
    if (action === "post" || action === "put")
      return { requestBody: { required: true, content: contents(MEDIA, object) } };
    if (action === "patch") return { requestBody: { required: true, content: contents(patches, shared(PATCH)) } };
    if (action !== "delete" && action !== "deletecollection") return {};
    return { requestBody: { content: contents(MEDIA, shared(DELETE_OPTIONS)) } };
  };
  return { operation };
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
