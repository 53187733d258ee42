// DELETE of one object or of a collection, with DeleteOptions from body or query. What deletion means is the store's affair.
import { apiVersionOf } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { keyOf } from "../apis/meta/key.ts";
import { fieldsOf } from "../base/json.ts";
import type { DeleteOptions } from "../control-plane/store/deletion.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { detailsOf } from "../control-plane/store/refusals.ts";
import { type Answer, type ApiRequest, json, refuse } from "./answer.ts";
import { jsonBody } from "./request-body.ts";
import { chosenObjects, parseChoice } from "./selection.ts";
import { keyOfTarget, type NamedTarget, type Target } from "./target.ts";
import { isDryRun } from "./writes.ts";

/** 200 with a Status when the object is gone, with the object while something holds it. */
export function deleteObject(store: ObjectStore, request: ApiRequest, target: NamedTarget): Answer {
  const options = parseOptions(request);
  if ("refused" in options) return refuse(options.refused);
  const key = keyOfTarget(target);
  const outcome = store.delete(key, options);
  if ("refused" in outcome) return refuse(outcome.refused);
  if (!outcome.removed) return json(200, outcome.object);
  const details = { ...detailsOf(key), uid: outcome.object.metadata.uid };
  return json(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
}

export function deleteCollection(store: ObjectStore, request: ApiRequest, target: Target): Answer {
  const options = parseOptions(request);
  if ("refused" in options) return refuse(options.refused);
  const choice = parseChoice(target, request.query);
  if ("refused" in choice) return refuse(choice.refused);
  const { resource } = target;
  const chosen = chosenObjects(store, resource.kind, choice);
  for (const object of chosen) store.delete(keyOf(object), options);
  const metadata = { resourceVersion: String(store.version) };
  return json(200, { kind: `${resource.name}List`, apiVersion: apiVersionOf(resource), metadata, items: chosen });
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
