// Routes a request to its handler: health, version, discovery, OpenAPI, endpoints of knap.dev, objects.
import { type ApiAnswer, type ApiRequest, json, pageNotFound } from "./api-answer.ts";
import { callEndpoint, type EndpointHandlers } from "./custom-endpoints.ts";
import { deleteCollection, deleteObject } from "./deletes.ts";
import { discover, kubernetesVersion } from "./discovery.ts";
import { openApi } from "./openapi.ts";
import { type PodLogs, readPodLog } from "./pod-logs.ts";
import { type PodPorts, parsePodProxy, proxyToPod } from "./pod-proxy.ts";
import { isSet } from "./query-parameters.ts";
import { methodNotAllowed, type ReadContext, readCollection, readObject } from "./reads.ts";
import { type ObjectPath, parseResourcePath, type ResourcePath } from "./resource-path.ts";
import { watchCollection } from "./watch.ts";
import { createObject, patchObject, replaceObject, type WriteContext } from "./writes.ts";

export interface Api extends ReadContext, WriteContext {
  readonly logs: PodLogs | undefined;
  readonly ports: PodPorts | undefined;
  readonly endpoints: EndpointHandlers | undefined;
}

/** Paths that need no token. */
export const OPEN_PATHS: ReadonlySet<string> = new Set(["/healthz", "/livez", "/readyz", "/version"]);

export async function routeRequest(api: Api, request: ApiRequest): Promise<ApiAnswer> {
  const { path } = request;
  if (path === "/version") return json(200, kubernetesVersion);
  if (OPEN_PATHS.has(path)) return { code: 200, text: "ok", contentType: "text/plain; charset=utf-8" };
  const answer = await callEndpoint(api.endpoints, request);
  if (answer) return answer;
  const found = request.method === "GET" ? discover(request) : undefined;
  if (found) return { code: 200, json: found.body, contentType: found.contentType };
  const document = openApi(path, request.prefix);
  if (document !== undefined) return json(200, document);
  const proxied = parsePodProxy(request);
  if (proxied) return proxyToPod(api, api.ports, request, proxied);
  const target = parseResourcePath(path);
  if (!target) return pageNotFound;
  const { name } = target;
  return name === undefined ? onCollection(api, request, target) : onObject(api, request, { ...target, name });
}

function onCollection(api: Api, request: ApiRequest, target: ResourcePath): ApiAnswer {
  switch (request.method) {
    case "GET":
      return isWatch(request) ? watchCollection(api, request, target) : readCollection(api, request, target);
    case "POST":
      return createObject(api, request, target);
    case "DELETE":
      return deleteCollection(api.store, request, target);
    default:
      return methodNotAllowed;
  }
}

function onObject(api: Api, request: ApiRequest, target: ObjectPath): ApiAnswer {
  const { subresource, resource, namespace = "", name } = target;
  if (subresource === "log" && resource.kind === "Pod") {
    return request.method === "GET" ? readPodLog(api, api.logs, request, { namespace, name }) : methodNotAllowed;
  }
  if (subresource !== undefined && (subresource !== "status" || !resource.statusSubresource)) return pageNotFound;
  switch (request.method) {
    case "GET":
      return isWatch(request) ? watchCollection(api, request, target) : readObject(api, request, target);
    case "PUT":
      return replaceObject(api, request, target);
    case "PATCH":
      return patchObject(api, request, target);
    case "DELETE":
      return subresource === undefined ? deleteObject(api.store, request, target) : methodNotAllowed;
    default:
      return methodNotAllowed;
  }
}

function isWatch({ query }: ApiRequest): boolean {
  return isSet(query, "watch");
}
