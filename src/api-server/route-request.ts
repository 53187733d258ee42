// Routes a request to its handler: health, version, discovery, OpenAPI, endpoints of knap.dev, objects.

import { isCustom, type Kind } from "../apis/kinds.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, pageNotFound, statusAnswer } from "./api-answer.ts";
import { applyObject, isApply } from "./apply-object.ts";
import { callEndpoint, type EndpointHandlers } from "./custom-endpoints.ts";
import { deleteCollection, deleteObject } from "./deletes.ts";
import type { ObjectReader } from "./derived/derived-reader.ts";
import { discover, kubernetesVersion } from "./discovery.ts";
import { openApi } from "./openapi.ts";
import { callPod, type PodCallContext, podCallOf } from "./pod-calls.ts";
import { type PodPorts, parsePodProxy, proxyToPod } from "./pod-proxy.ts";
import { isSet } from "./query-parameters.ts";
import { inForm, methodNotAllowed, type ReadContext, readCollection, readObject } from "./reads.ts";
import { type Representation, representationOf } from "./representation.ts";
import { keyOfPath, type ObjectPath, parseResourcePath, type ResourcePath } from "./resource-path.ts";
import { answerReview } from "./reviews.ts";
import { onScale } from "./scale.ts";
import { watchCollection } from "./watch.ts";
import { createObject, patchObject, replaceObject, type WriteContext } from "./writes.ts";

export interface Api extends PodCallContext, WriteContext {
  readonly ports: PodPorts | undefined;
  readonly endpoints: EndpointHandlers | undefined;
  /** Returns the reader of a kind, which may be derived. */
  readonly readerOf: (kind: Kind) => ObjectReader;
}

/** Paths that need no token. */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/version",
  ...["/healthz", "/livez", "/readyz"].flatMap((path) => [path, `${path}/ping`]),
]);

export async function routeRequest(api: Api, request: ApiRequest): Promise<ApiAnswer> {
  const { path } = request;
  if (path === "/version") return json(200, kubernetesVersion);
  if (OPEN_PATHS.has(path)) return { code: 200, text: "ok", contentType: "text/plain; charset=utf-8" };
  const answer = await callEndpoint(api.endpoints, request);
  if (answer) return answer;
  // As in Kubernetes, every method reads these documents.
  const found = discover(request);
  if (found) return { code: 200, json: found.body, contentType: found.contentType };
  const document = openApi(request);
  if (document) return document;
  const proxied = parsePodProxy(request);
  if (proxied) return proxyToPod(api, api.ports, request, proxied);
  const target = parseResourcePath(path);
  return target ? await onResource(api, request, target) : pageNotFound;
}

async function onResource(api: Api, request: ApiRequest, target: ResourcePath): Promise<ApiAnswer> {
  const { name } = target;
  const podCall = podCallOf(target);
  if (podCall && name !== undefined) return callPod(api, request, { ...target, name }, podCall);
  const { access } = target.resource;
  if (access === "review") return answerReview(request, target);
  if (access === "readOnly" && request.method !== "GET") return methodNotAllowed(target);
  const wanted = representationOf(request, target, api.now);
  if (!wanted.ok) return statusAnswer(wanted.error);
  const answer =
    name === undefined
      ? onCollection(api, request, wanted.value)
      : onObject(api, request, { ...target, name }, wanted.value);
  return inForm(wanted.value, answer);
}

function readContext(api: Api, { resource }: ResourcePath): ReadContext {
  return { ...api, store: api.readerOf(resource.kind) };
}

function onCollection(api: Api, request: ApiRequest, wanted: Representation): ApiAnswer {
  const { path: target } = wanted;
  switch (request.method) {
    case "GET":
      return isSet(request.query, "watch")
        ? watchCollection(readContext(api, target), request, wanted)
        : readCollection(readContext(api, target), wanted, request.query);
    case "POST":
      return createObject(api, request, target);
    case "PUT":
    case "PATCH":
      if (!isCustom(target.resource)) return methodNotAllowed(target);
      return statusAnswer(makeFailure("BadRequest", "name must be provided"));
    case "DELETE":
      return deleteCollection(api, request, wanted);
    default:
      return methodNotAllowed(target);
  }
}

function onObject(api: Api, request: ApiRequest, target: ObjectPath, wanted: Representation): ApiAnswer {
  const { subresource, resource } = target;
  if (subresource === "scale" && resource.kind === "Deployment.apps") return onScale(api, request, target);
  if (subresource !== undefined && (subresource !== "status" || !resource.statusSubresource)) {
    return statusAnswer(makeNotFound(keyOfPath(target)));
  }
  switch (request.method) {
    case "GET":
      return readObject(readContext(api, target), wanted, target);
    case "PUT":
      return replaceObject(api, request, target);
    case "PATCH":
      return isApply(request) ? applyObject(api, request, target) : patchObject(api, request, target);
    case "DELETE":
      return subresource === undefined ? deleteObject(api.store, request, target) : methodNotAllowed(target);
    default:
      return methodNotAllowed(target);
  }
}
