// Serves DELETE of an object or a collection, with DeleteOptions from the body or the query.
import { deleteOptions } from "../apis/fields/core.ts";
import { decode } from "../apis/go/decode.ts";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { keyOf } from "../apis/meta/key.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { DeleteOptions, Propagation } from "../control-plane/store/deletion.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { detailsOf, makeForbidden } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, pageNotFound, statusAnswer } from "./api-answer.ts";
import { parseListOptions } from "./list-options.ts";
import { readPage } from "./list-page.ts";
import { parseFilter } from "./object-filter.ts";
import { optionsRefusal } from "./options-refusal.ts";
import { integerOf, isSet } from "./query-parameters.ts";
import { listAnswer, methodNotAllowed, type ReadContext } from "./reads.ts";
import type { Representation } from "./representation.ts";
import { jsonBody } from "./request-body.ts";
import { keyOfPath, type ObjectPath } from "./resource-path.ts";
import type { WriteContext } from "./writes.ts";
import { isDryRun } from "./writes.ts";

/** @see kubernetes plugin/pkg/admission/namespace/lifecycle */
const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

/** Returns 200 with a Status if the store removed the object, or with the object if it is only marked for deletion. */
export function deleteObject(store: ObjectStore, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const options = parseOptions(request);
  if (!options.ok) return statusAnswer(options.error);
  const key = keyOfPath(path);
  if (key.kind === "Namespace" && IMMORTAL.has(key.name)) {
    return statusAnswer(makeForbidden(key, "this namespace may not be deleted"));
  }
  const outcome = store.delete(key, options.value);
  if ("refused" in outcome) return statusAnswer(outcome.refused);
  if (!outcome.removed) return json(200, outcome.object);
  const details = { ...detailsOf(key), uid: outcome.object.metadata.uid };
  return json(200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details });
}

/** Stops at the first object whose delete is refused, and returns the refusal. */
export function deleteCollection(
  context: WriteContext & ReadContext,
  request: ApiRequest,
  wanted: Representation,
): ApiAnswer {
  const { path } = wanted;
  const { resource } = path;
  const { store } = context;
  // As in Kubernetes, namespaces have no deletecollection, and no request deletes the objects of all namespaces.
  if (resource.kind === "Namespace") return methodNotAllowed(path);
  if (resource.namespaced && path.namespace === undefined) return pageNotFound;
  const options = parseOptions(request);
  if (!options.ok) return statusAnswer(options.error);
  const filter = parseFilter(path, request.query);
  if (!filter.ok) return statusAnswer(filter.error);
  const listOptions = parseListOptions(request.query, false);
  if (!listOptions.ok) return statusAnswer(listOptions.error);
  const page = readPage(store, path, filter.value, listOptions.value);
  if (!page.ok) return statusAnswer(page.error);
  for (const object of page.value.objects) {
    const outcome = store.delete(keyOf(object), options.value);
    // Another client may have deleted the object since the list was made.
    if ("refused" in outcome && outcome.refused.reason !== "NotFound") return statusAnswer(outcome.refused);
  }
  return listAnswer(context, wanted, page.value);
}

/** DeleteOptions of Kubernetes, as decoded from JSON or protobuf. */
interface WireOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly orphanDependents?: boolean;
  readonly propagationPolicy?: string;
  readonly dryRun?: readonly string[];
}

const PROPAGATIONS: readonly Propagation[] = ["Foreground", "Background", "Orphan"];

function parseOptions(request: ApiRequest): Result<DeleteOptions, ApiStatus> {
  const body = jsonBody(request);
  if (!body.ok) return body;
  const kind = body.value?.["kind"] ?? "DeleteOptions";
  if (kind !== "DeleteOptions") {
    return refuse("BadRequest", `the body of a delete must be of kind DeleteOptions: it is ${JSON.stringify(kind)}`);
  }
  return parseDeleteOptions(request, body.value ?? {});
}

/** Returns the options of a body and of the query. Fails with 400 or 422 for options that Kubernetes does not have. */
export function parseDeleteOptions(
  { query, method }: ApiRequest,
  fields: Readonly<Record<string, unknown>>,
): Result<DeleteOptions, ApiStatus> {
  const { value, errors } = decode(deleteOptions, fields);
  if (errors[0]) return refuse("BadRequest", `the body cannot be handled as a DeleteOptions: ${errors[0].message}`);
  const given = value as WireOptions;
  const grace = integerOf(query, "gracePeriodSeconds", Number.MIN_SAFE_INTEGER);
  if (!grace.ok) return grace;
  const dryRun = isDryRun([...query.getAll("dryRun"), ...(given.dryRun ?? [])], method);
  if (!dryRun.ok) return dryRun;
  const propagation = parsePropagation(given, query);
  if (!propagation.ok) return propagation;
  return ok({
    propagation: propagation.value,
    gracePeriodSeconds: given.gracePeriodSeconds ?? grace.value,
    uid: given.preconditions?.uid,
    resourceVersion: given.preconditions?.resourceVersion,
    dryRun: dryRun.value,
  });
}

function parsePropagation(given: WireOptions, query: URLSearchParams): Result<Propagation | undefined, ApiStatus> {
  const asked = query.has("orphanDependents") ? isSet(query, "orphanDependents") : undefined;
  const orphans = given.orphanDependents ?? asked;
  const policy = given.propagationPolicy ?? query.get("propagationPolicy") ?? undefined;
  const invalid = (reason: string, message: string) =>
    failed(optionsRefusal("DeleteOptions", [{ reason, field: "propagationPolicy", message }]));
  if (policy === undefined) return ok(orphans === undefined ? undefined : orphans ? "Orphan" : "Background");
  const shown = JSON.stringify(policy);
  if (orphans !== undefined) {
    const both = "orphanDependents and deletionPropagation cannot be both set";
    return invalid("FieldValueInvalid", `Invalid value: ${shown}: ${both}`);
  }
  const known = PROPAGATIONS.find((each) => each === policy);
  if (known) return ok(known);
  const supported = 'supported values: "Background", "Foreground", "Orphan"';
  return invalid("FieldValueNotSupported", `Unsupported value: ${shown}: ${supported}`);
}
