// Admits objects in the API server's order and with its texts: pruning and defaulting, mutating webhook, schema
// validation, validating webhook. The API server refuses unknown fields before (schema/schemas.ts).

import { fieldsOf } from "../base/json.ts";
import { exampleError } from "./config/example-checksum.ts";
import { configMapError, isClusterConfig } from "./config/serving-config.ts";
import type { ServingConfig } from "./config/types.ts";
import { dataStructs } from "./fields/data.ts";
import { kindStruct } from "./fields/meta.ts";
import { type DecodeError, decode } from "./go/decode.ts";
import { kindOf, resourceOf } from "./kinds.ts";
import type { Admission, AdmissionAnswer, AdmissionRequest } from "./meta/admission.ts";
import { type ApiStatus, makeFailure } from "./meta/api-status.ts";
import { type Findings, finding, findingsText } from "./meta/field-error.ts";
import type { AnyObject } from "./meta/object.ts";
import { deploymentFindings } from "./schema/deployment-findings.ts";
import { metadataFindings } from "./schema/metadata-findings.ts";
import { podSpecFindings } from "./schema/pod-findings.ts";
import { goSchema, type Schema } from "./schema/schema.ts";
import { schemaOf } from "./schema/schemas.ts";
import { checkShape, statusFindings } from "./schema/shape-findings.ts";
import { isValid, pruneAndDefault, type SchemaFinding, schemaFindings } from "./schema/structural.ts";
import { SERVICE_LABEL } from "./serving/labels.ts";
import { decodeRefusal, mutate, review, reviewTexts, type WebhookRequest } from "./serving/webhook.ts";

const DEFAULTING = "webhook.serving.knative.dev";
const VALIDATION = "validation.webhook.serving.knative.dev";
const CONFIG = "config.webhook.serving.knative.dev";
/** All kinds have the same metadata. */
const METADATA = kindStruct("PartialObjectMetadata", {});
const METADATA_SCHEMA = goSchema(METADATA);

export interface AdmissionOptions {
  readonly config: () => ServingConfig;
}

/** Returns the admission function that the store calls before each write of a main resource. */
export function makeAdmission({ config }: AdmissionOptions): Admission {
  return (request) => admit(request, config());
}

/** Admits one request under a given configuration. */
export function admit(request: AdmissionRequest, config: ServingConfig): AdmissionAnswer {
  const { object } = request;
  if (request.subresource === "status") return admitStatus(object);
  const kind = kindOf(object);
  const malformed = metadataRefusal(object);
  if (malformed) return { refused: malformed };
  if (dataStructs.has(kind)) return admitData(object);
  const schema = schemaOf(kind);
  const operation = request.operation === "CREATE" ? "create" : "update";
  const { old, user } = request;
  const webhook = { ...(old !== undefined && { old }), operation, user, config } as const;
  return schema ? admitBySchema(schema, object, webhook) : admitByShape(object, webhook);
}

function admitBySchema(schema: Schema, object: AnyObject, webhook: Omit<WebhookRequest, "object">): AdmissionAnswer {
  const pruned = pruneAndDefault(schema, object) as AnyObject;
  const mutation = mutate({ ...webhook, object: pruned });
  if (mutation.decodeErrors.length > 0) return denied(DEFAULTING, decodeRefusal(mutation.decodeErrors));
  // The webhook may have added objects in which schema defaults are missing.
  const complete = mutation.object === pruned ? pruned : (pruneAndDefault(schema, mutation.object) as AnyObject);
  const structural = [...metadataFindings(mutation.object), ...schemaFindings(schema, complete)];
  if (structural.length > 0) return invalid(complete, structural);
  const { errors, warnings } = reviewTexts(review({ ...webhook, object: complete }));
  const refusal = errors === "" ? findingsText(dryRunPod(complete)) : errors;
  return refusal === "" ? { object: complete, warnings } : denied(VALIDATION, `validation failed: ${refusal}`);
}

/**
 * Validates the Pod of a Service or a Configuration without a Service, which Knative's webhook does only if the write
 * itself is a dry run.
 * @see knative pkg/webhook/podspec_dryrun.go
 */
function dryRunPod(object: AnyObject): Findings {
  const { kind, spec, metadata } = object;
  const isChild = kind === "Configuration" && metadata.labels?.[SERVICE_LABEL] !== undefined;
  if ((kind !== "Service" && kind !== "Configuration") || isChild) return [];
  const found = podSpecFindings(fieldsOf(fieldsOf(spec)["template"])["spec"], "spec");
  if (found.length === 0) return [];
  const { message } = invalid(
    { apiVersion: "v1", kind: "Pod", metadata: { name: "dry-run-validation" } },
    found,
  ).refused;
  return finding(`dry run failed with ${message}`, ["spec.template"]);
}

/** Admits an object of a built-in or internal kind. */
function admitByShape(given: AnyObject, webhook: Omit<WebhookRequest, "object">): AdmissionAnswer {
  const shape = checkShape(given);
  const { object, decodeErrors } = mutate({ ...webhook, object: shape.object });
  if (decodeErrors.length > 0) return denied(DEFAULTING, decodeRefusal(decodeErrors));
  // The other findings assume the types of the schema.
  const more = shape.findings.length === 0 ? findingsOfKind(object) : [];
  const found = [...metadataFindings(object), ...shape.findings, ...more];
  return found.length > 0 ? invalid(object, found) : { object, warnings: [] };
}

function findingsOfKind(object: AnyObject): readonly SchemaFinding[] {
  const kind = kindOf(object);
  if (kind === "Pod") return podSpecFindings(object.spec, "spec");
  return kind === "Deployment.apps" ? deploymentFindings(object) : [];
}

function admitStatus(object: AnyObject): AdmissionAnswer {
  const findings = statusFindings(object);
  return findings.length > 0 ? invalid(object, findings) : { object, warnings: [] };
}

/** Admits a ConfigMap or Secret: its values must be strings, and Knative's own ConfigMaps must parse. */
function admitData(object: AnyObject): AdmissionAnswer {
  const type = dataStructs.get(kindOf(object));
  const errors = type ? decode(type, object).errors : [];
  if (errors[0]) return { refused: undecodable(object, errors[0].message) };
  const metadata = metadataFindings(object);
  if (metadata.length > 0) return invalid(object, metadata);
  if (!isClusterConfig(object)) return { object, warnings: [] };
  const error = exampleError(object) ?? configMapError(object.metadata.name, object.data ?? {});
  return error === undefined ? { object, warnings: [] } : denied(CONFIG, `validation failed: ${error}`);
}

/** Returns a 400 if a metadata field has a wrong type; a 422 if an item of a list is null, which Go decodes. */
export function metadataRefusal(object: AnyObject): ApiStatus | undefined {
  const { metadata } = object;
  // Most metadata is valid, and the schema check is faster than decoding.
  if (isValid(METADATA_SCHEMA, { metadata })) return undefined;
  const [error] = metadataErrors(object);
  if (error) return undecodable(object, error.message);
  const findings = schemaFindings(METADATA_SCHEMA, { metadata });
  const wrongTypes = findings.filter(({ reason }) => reason === "FieldValueTypeInvalid");
  return wrongTypes.length > 0 ? invalid(object, wrongTypes).refused : undefined;
}

/** Go's errors for the fields of the metadata that have a wrong type. */
export function metadataErrors({ metadata }: { readonly metadata: unknown }): readonly DecodeError[] {
  return decode(METADATA, { metadata }).errors;
}

function undecodable({ apiVersion, kind }: AnyObject, error: string): ApiStatus {
  const version = JSON.stringify(apiVersion.slice(apiVersion.indexOf("/") + 1));
  return makeFailure("BadRequest", `${kind} in version ${version} cannot be handled as a ${kind}: ${error}`);
}

function denied(webhook: string, message: string): { readonly refused: ApiStatus } {
  return { refused: makeFailure("BadRequest", `admission webhook "${webhook}" denied the request: ${message}`) };
}

/** Returns a 422 with every finding as a cause. */
function invalid(object: AnyObject, findings: readonly SchemaFinding[]): { readonly refused: ApiStatus } {
  const { name } = object.metadata;
  const group = resourceOf(kindOf(object))?.group ?? "";
  const texts = findings.map(({ path, message }) => `${path}: ${message}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`;
  const qualified = group === "" ? object.kind : `${object.kind}.${group}`;
  const causes = findings.map(({ path, message, reason }) => ({ reason, message, field: path }));
  const details = { ...(name ? { name } : {}), group, kind: object.kind, causes };
  return { refused: makeFailure("Invalid", `${qualified} "${name}" is invalid: ${list}`, details) };
}
