// Serves …/deployments/NAME/scale: the Deployment's replicas as a Scale (autoscaling/v1). The autoscaler may change the
// number again, as in a cluster.
import { formatSelector } from "../apis/core/label-selector.ts";
import type { Deployment } from "../apis/core/types.ts";
import type { Resource } from "../apis/kinds.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject, Stored } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { makeInvalid, makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer, unsupportedMedia } from "./api-answer.ts";
import { decodeObject } from "./object-body.ts";
import { applyPatchBody, MERGE, STRATEGIC } from "./patch-document.ts";
import { methodNotAllowed } from "./reads.ts";
import { JSON_PATCH, mediaType } from "./request-body.ts";
import { keyOfPath, type ObjectPath } from "./resource-path.ts";
import { type WriteContext, write } from "./writes.ts";

const PATCHES = [JSON_PATCH, MERGE, STRATEGIC];

interface Scale extends AnyObject {
  readonly spec?: { readonly replicas?: unknown };
}

export function onScale(context: WriteContext, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const { store } = context;
  const live = store.get("Deployment.apps", path.namespace ?? "", path.name);
  if (!live) return statusAnswer(makeNotFound(keyOfPath(path)));
  if (request.method === "GET") return json(200, scaleOf(live));
  if (request.method !== "PUT" && request.method !== "PATCH") return methodNotAllowed(path);
  const asked = askedScale(request, path, live);
  const body = asked.ok ? withReplicas(path, live, asked.value) : asked;
  const answer = write(context, request, path, {
    body,
    live,
    code: 200,
    put: (object, options) => store.update(object, options),
  });
  if (!("json" in answer) || answer.code >= 300) return answer;
  return { ...answer, json: scaleOf(answer.json as Stored<Deployment>) };
}

function scaleOf({ metadata, spec, status }: Stored<Deployment>): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0, selector: formatSelector(spec.selector) },
  };
}

function askedScale(request: ApiRequest, path: ObjectPath, live: Stored<Deployment>): Result<Scale, ApiStatus> {
  const resource: Resource = { ...path.resource, group: "autoscaling", version: "v1", name: "Scale" };
  if (request.method === "PUT") return decodeObject(request, { ...path, resource }) as Result<Scale, ApiStatus>;
  if (!PATCHES.includes(mediaType(request))) return failed(unsupportedMedia(...PATCHES));
  return applyPatchBody(request, resource, scaleOf(live)) as Result<Scale, ApiStatus>;
}

/** Returns the Deployment with the replicas and the preconditions of the Scale. */
function withReplicas(path: ObjectPath, live: Stored<Deployment>, scale: Scale): Result<AnyObject, ApiStatus> {
  const spec = scale.spec ?? {};
  if (!isFields(spec)) return refuse("BadRequest", "the spec of a Scale must be an object");
  const replicas = spec["replicas"] ?? 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas) || replicas < 0) {
    const message = `Invalid value: ${JSON.stringify(replicas)}: must be a whole number greater than or equal to 0`;
    return failed(makeInvalid(keyOfPath(path), [{ reason: "FieldValueInvalid", field: "spec.replicas", message }]));
  }
  const { uid = live.metadata.uid, resourceVersion } = scale.metadata;
  const { resourceVersion: _, ...metadata } = live.metadata;
  return ok({
    ...live,
    metadata: { ...metadata, uid, ...(resourceVersion !== undefined && { resourceVersion }) },
    spec: { ...live.spec, replicas },
  });
}
