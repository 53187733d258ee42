// DELETE of an object or a collection, with DeleteOptions from the body or the query.
import { apiVersionOf } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { keyOf } from "../apis/meta/key.ts";
import { fieldsOf } from "../base/json.ts";
import type { DeleteOptions } from "../control-plane/store/deletion.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { detailsOf } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { filteredObjects, parseFilter } from "./object-filter.ts";
import { jsonBody } from "./request-body.ts";
import { keyOfPath, type ObjectPath, type ResourcePath } from "./resource-path.ts";
import { isDryRun } from "./writes.ts";

/**
 * Returns 200 with a Status if the store removed the object, or with the object if it is only marked for deletion
 * (finalizers, or a Pod in its grace period). Returns an error Status if the object does not exist, a precondition
 * fails or the DeleteOptions are invalid.
 */
export function deleteObject(store: ObjectStore, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const options = parseOptions(request);
  if ("refused" in options) return statusAnswer(options.refused);
  const key = keyOfPath(path);
  const outcome = store.delete(key, options);
  if ("refused" in outcome) return statusAnswer(outcome.refused);
  if (!outcome.removed) return json(200, outcome.object);
  const details = { ...detailsOf(key), uid: outcome.object.metadata.uid };
  return json(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
}

export function deleteCollection(store: ObjectStore, request: ApiRequest, path: ResourcePath): ApiAnswer {
  const options = parseOptions(request);
  if ("refused" in options) return statusAnswer(options.refused);
  const filter = parseFilter(path, request.query);
  if ("refused" in filter) return statusAnswer(filter.refused);
  const { resource } = path;
  const objects = filteredObjects(store, resource.kind, filter);
  for (const object of objects) store.delete(keyOf(object), options);
  const metadata = { resourceVersion: String(store.version) };
  return json(200, { kind: `${resource.name}List`, apiVersion: apiVersionOf(resource), metadata, items: objects });
}

const PROPAGATIONS = ["Foreground", "Background", "Orphan"] as const;

function parseOptions(request: ApiRequest): DeleteOptions | { readonly refused: ApiStatus } {
  const parsed = jsonBody(request);
  if ("refused" in parsed) return parsed;
  const body = parsed.body ?? {};
  const propagation = body["propagationPolicy"] ?? request.query.get("propagationPolicy") ?? undefined;
  const known = PROPAGATIONS.find((each) => each === propagation);
  if (propagation !== undefined && known === undefined) {
    const text = `propagationPolicy: Unsupported value: ${JSON.stringify(propagation)}: supported values: "Background", "Foreground", "Orphan"`;
    return { refused: makeFailure("Invalid", `DeleteOptions.meta.k8s.io "" is invalid: ${text}`) };
  }
  const grace = body["gracePeriodSeconds"] ?? request.query.get("gracePeriodSeconds") ?? undefined;
  const { uid, resourceVersion } = fieldsOf(body["preconditions"]);
  const inBody = Array.isArray(body["dryRun"]) ? body["dryRun"].map(String) : [];
  const dryRun = isDryRun([...request.query.getAll("dryRun"), ...inBody]);
  if (typeof dryRun !== "boolean") return dryRun;
  return {
    ...(known ? { propagation: known } : {}),
    ...(grace === undefined ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(typeof uid === "string" ? { uid } : {}),
    ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    ...(dryRun ? { dryRun } : {}),
  };
}
