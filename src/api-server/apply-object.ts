// Server-side apply: decodes the configuration, merges it into the object, and creates the object if there is none.

import { apiVersionOf, isCustom } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { schemaOf } from "../apis/schema/schemas.ts";
import { nullFindings } from "../apis/schema/structural.ts";
import { isFields, type JsonFields, withoutNullFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { readDocuments } from "../base/yaml/documents.ts";
import { type FieldWrite, managersAfterApply, mergeConfig } from "../control-plane/field-manager/field-manager.ts";
import { fieldsOfLastApplied, withLastApplied } from "../control-plane/field-manager/last-applied.ts";
import { typedErrorText } from "../control-plane/field-manager/typed-errors.ts";
import type { WriteOptions } from "../control-plane/store/outcome.ts";
import { conflictOf, makeConflict, makeInvalid, makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { fieldManagerOf, fieldWrite } from "./field-writer.ts";
import { optionsRefusal } from "./options-refusal.ts";
import { APPLY } from "./patch-document.ts";
import { isSet } from "./query-parameters.ts";
import { mediaType, repeatedKeys } from "./request-body.ts";
import { keyOfPath, type ObjectPath } from "./resource-path.ts";
import { updateRefusal, versionRequired } from "./update-refusals.ts";
import { fieldValidationOf, isDryRun, storedObject, update, type WriteContext } from "./writes.ts";

export function isApply(request: ApiRequest): boolean {
  return mediaType(request) === APPLY;
}

export function applyObject(context: WriteContext, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const { query, user } = request;
  const manager = query.get("fieldManager") ? fieldManagerOf(request) : managerRequired;
  if (!manager.ok) return statusAnswer(manager.error);
  const dryRun = isDryRun(query.getAll("dryRun"), request.method);
  if (!dryRun.ok) return statusAnswer(dryRun.error);
  const validation = fieldValidationOf(request);
  if (!validation.ok) return statusAnswer(validation.error);
  const body = readConfig(request, validation.value);
  if (!body.ok) return statusAnswer(body.error);
  const live = storedObject(context.store, path);
  if (!live && path.subresource !== undefined) return statusAnswer(makeNotFound(keyOfPath(path)));
  const write = fieldWrite(path, { manager: manager.value, operation: "Apply", now: context.now() });
  const config = checkConfig(body.value.config, write, path);
  if (!config.ok) return statusAnswer(config.error);
  const merge = mergeConfig(write, live, config.value);
  const refused = refusalOf(path, live, merge.object, config.value);
  if (refused) return statusAnswer(refused);
  const mayTake = fieldsOfLastApplied(write.schema, manager.value, live);
  const manage: NonNullable<WriteOptions["manage"]> = (admitted) =>
    managersAfterApply({ ...write, force: isSet(query, "force"), mayTake }, merge, { live, admitted });
  const object = withLastApplied(merge.object, manager.value, config.value);
  const options = { user, dryRun: dryRun.value, manage };
  const outcome = live
    ? update(context.store, path, placed(path, object, live.metadata.resourceVersion), options)
    : context.store.create(placed(path, object, undefined), options);
  if ("refused" in outcome) {
    // A conflict comes before the findings of admission.
    const asked = outcome.refused.reason === "Conflict" ? ok([]) : manage(merge.object);
    return statusAnswer(asked.ok ? outcome.refused : asked.error);
  }
  return json(live ? 200 : 201, outcome.object, [...body.value.warnings, ...outcome.warnings]);
}

/** A body can have a million nulls. */
const MAX_CAUSES = 100;

const managerRequired = failed(
  optionsRefusal("PatchOptions", [
    { reason: "FieldValueRequired", field: "fieldManager", message: "Required value: is required for apply patch" },
  ]),
);

interface Body {
  readonly config: JsonFields;
  /** Repeated keys. */
  readonly warnings: readonly string[];
}

/** Reads the YAML or JSON of the request. Fails with 400 if it is malformed, or has repeated keys in mode Strict. */
function readConfig({ body }: ApiRequest, mode: string): Result<Body, ApiStatus> {
  const [document] = readDocuments(body.toString("utf8"));
  const findings = document?.findings ?? [];
  const error = findings.find(({ severity }) => severity === "error");
  const { line } = error?.position ?? {};
  if (error) return refuse("BadRequest", `error decoding patch: line ${line}: ${error.message}`);
  const config = document?.json ?? {};
  if (!isFields(config)) return refuse("BadRequest", "error decoding patch: the patch must be an object");
  const repeated = document ? repeatedKeys(document) : [];
  if (mode === "Ignore" || repeated.length === 0) return ok({ config, warnings: [] });
  const warning = `yaml: unmarshal errors: ${repeated.join(", ")}`;
  if (mode === "Strict") return refuse("BadRequest", `error strict decoding patch: ${warning}`);
  return ok({ config, warnings: [warning] });
}

/** Returns the configuration if its kind is that of the path and it has the types of the schema. */
function checkConfig(
  config: JsonFields,
  { schema }: FieldWrite,
  { resource }: ObjectPath,
): Result<AnyObject, ApiStatus> {
  const { apiVersion = "", kind = "" } = config;
  const metadata = config["metadata"] ?? {};
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.name) {
    return refuse("BadRequest", `invalid object type: ${String(apiVersion) || "/"}, Kind=${String(kind)}`);
  }
  if (isFields(metadata) && (metadata["managedFields"] ?? null) !== null) {
    return refuse("BadRequest", "metadata.managedFields must be nil");
  }
  const error = typedErrorText(schema, config);
  if (error === undefined) return ok({ ...config, metadata } as unknown as AnyObject);
  const { namespace = "", name = "" } = isFields(metadata) ? metadata : {};
  const object = `${String(namespace)}/${String(name)}; ${String(apiVersion)}, Kind=${resource.name}`;
  const message = `failed to create typed patch object (${object}): ${error}`;
  const { reason: _, ...status } = makeFailure("InternalError", message);
  return failed(status);
}

/** Returns the refusal of what the store does not check: identity, and nulls in the fields of custom resources. */
function refusalOf(
  path: ObjectPath,
  live: AnyObject | undefined,
  object: AnyObject,
  config: AnyObject,
): ApiStatus | undefined {
  const key = keyOfPath(path);
  const { name, namespace = key.namespace, uid, resourceVersion } = object.metadata;
  if (!live && uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    return makeConflict(key, why);
  }
  if (namespace !== key.namespace) {
    const message = "the namespace of the provided object does not match the namespace sent on the request";
    return makeFailure("BadRequest", message);
  }
  if (name !== path.name) return makeFailure("BadRequest", wrongName(name, path.name));
  if (!live) return nullRefusal(path, config);
  if (resourceVersion === "0") return versionRequired(path);
  return (
    conflictOf(key, live, { resourceVersion }) ??
    updateRefusal(path, "PATCH", live, object) ??
    nullRefusal(path, config)
  );
}

function wrongName(given: string | undefined, wanted: string): string {
  return given
    ? `the name of the object (${given}) does not match the name on the URL (${wanted})`
    : `the name of the object (${wanted} based on URL) was undeterminable: name must be provided`;
}

function nullRefusal(path: ObjectPath, { spec, status }: AnyObject): ApiStatus | undefined {
  const schema = isCustom(path.resource) ? schemaOf(path.resource.kind) : undefined;
  const findings = schema ? nullFindings(schema, path.subresource === "status" ? { status } : { spec }) : [];
  if (findings.length === 0) return undefined;
  return makeInvalid(
    keyOfPath(path),
    findings.slice(0, MAX_CAUSES).map(({ path: field, message, reason }) => ({ reason, message, field })),
  );
}

/** Returns the object in the path's namespace, without the nulls that the configuration may have in metadata. */
function placed({ namespace }: ObjectPath, object: AnyObject, resourceVersion: string | undefined): AnyObject {
  const { resourceVersion: _, ...metadata } = withoutNullFields(object.metadata) as AnyObject["metadata"];
  const place = {
    ...(namespace !== undefined && { namespace }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  };
  return { ...object, metadata: { ...metadata, ...place } };
}
