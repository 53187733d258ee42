// Decodes the object in the body of a POST or PUT and compares it with the path.
import { metadataErrors } from "../apis/admission.ts";
import { apiVersionOf, isCustom, type Resource } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields, type JsonFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { ApiRequest } from "./api-answer.ts";
import { jsonBody } from "./request-body.ts";
import type { ResourcePath } from "./resource-path.ts";

/** Returns the object with kind, apiVersion, namespace and name of the path; a 400 if body and path differ. */
export function decodeObject(request: ApiRequest, path: ResourcePath): Result<AnyObject, ApiStatus> {
  const parsed = jsonBody(request);
  if (!parsed.ok) return parsed;
  const body = parsed.value;
  const { name: kind } = path.resource;
  const apiVersion = apiVersionOf(path.resource);
  const bad = (message: string) => refuse("BadRequest", message);
  if (!body) return bad("the body of the request is empty");
  const custom = isCustom(path.resource);
  // The API server decodes custom resources without a default for the kind.
  if (custom && !body["kind"]) {
    return bad(`the object provided is unrecognized (must be of type ${kind}): Object 'Kind' is missing`);
  }
  if ((body["apiVersion"] ?? apiVersion) !== apiVersion) {
    const given = textOf(body["apiVersion"]);
    return bad(`the API version in the data (${given}) does not match the expected API version (${apiVersion})`);
  }
  if (custom && typeof body["kind"] === "string" && body["kind"] !== kind)
    return failed(otherKind(body, path.resource));
  if ((body["kind"] ?? kind) !== kind) {
    return bad(
      `the object provided is unrecognized (must be of type ${kind}): its kind is ${JSON.stringify(body["kind"])}`,
    );
  }
  const metadata = body["metadata"] ?? {};
  if (!isFields(metadata)) return bad(metadataErrors({ metadata })[0]?.message ?? "metadata must be an object");
  if (path.resource.namespaced) {
    if (path.namespace === undefined) return bad("an empty namespace may not be set during creation");
    if (metadata["namespace"] && metadata["namespace"] !== path.namespace) {
      return bad("the namespace of the provided object does not match the namespace sent on the request");
    }
  }
  const name = metadata["name"] ?? path.name ?? "";
  if (path.name !== undefined && name !== path.name) {
    return bad(`the name of the object (${textOf(name)}) does not match the name on the URL (${path.name})`);
  }
  const namespace = path.namespace === undefined ? {} : { namespace: path.namespace };
  return ok({ ...body, apiVersion, kind, metadata: { ...metadata, ...namespace, name } } as AnyObject);
}

/** Returns the 422 of a custom resource whose kind or apiVersion is not that of the path. */
export function otherKind(body: JsonFields, resource: Resource): ApiStatus {
  const { group, name: kind } = resource;
  const apiVersion = apiVersionOf(resource);
  const isKind = body["kind"] !== kind;
  const [field, given, wanted] = isKind ? ["kind", body["kind"], kind] : ["apiVersion", body["apiVersion"], apiVersion];
  const message = `Invalid value: ${JSON.stringify(given)}: must be ${wanted}`;
  const { name } = (isFields(body["metadata"]) ? body["metadata"] : {}) as { readonly name?: string };
  const details = {
    ...(name !== undefined && { name }),
    group,
    kind: String(body["kind"]),
    causes: [{ reason: "FieldValueInvalid", message, field: field as string }],
  };
  return makeFailure(
    "Invalid",
    `${body["kind"]}.${group} ${JSON.stringify(name ?? "")} is invalid: ${field}: ${message}`,
    details,
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
