// Decodes the object in the body of a POST or PUT and compares it with the path.
import { apiVersionOf } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { fieldsOf } from "../base/json.ts";
import type { ApiRequest } from "./api-answer.ts";
import { jsonBody } from "./request-body.ts";
import type { ResourcePath } from "./resource-path.ts";

/**
 * Returns the object with kind, apiVersion, namespace and (for PUT) name of the path; a 400 if body and path disagree.
 */
export function decodeObject(
  request: ApiRequest,
  path: ResourcePath,
): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
  const parsed = jsonBody(request);
  if ("refused" in parsed) return parsed;
  const { body } = parsed;
  const { name: kind } = path.resource;
  const apiVersion = apiVersionOf(path.resource);
  const bad = (message: string): { readonly refused: ApiStatus } => ({ refused: makeFailure("BadRequest", message) });
  if (!body) return bad("the body of the request is empty");
  if ((body["apiVersion"] ?? apiVersion) !== apiVersion) {
    return bad(
      `the API version in the data (${body["apiVersion"]}) does not match the expected API version (${apiVersion})`,
    );
  }
  if ((body["kind"] ?? kind) !== kind) {
    return bad(
      `the object provided is unrecognized (must be of type ${kind}): its kind is ${JSON.stringify(body["kind"])}`,
    );
  }
  const metadata = fieldsOf(body["metadata"]);
  const given = metadata["namespace"];
  if (path.resource.namespaced) {
    if (path.namespace === undefined) return bad("an empty namespace may not be set during creation");
    if (given && given !== path.namespace) {
      return bad("the namespace of the provided object does not match the namespace sent on the request");
    }
  }
  const name = metadata["name"] ?? path.name ?? "";
  if (path.name !== undefined && name !== path.name) {
    return bad(`the name of the object (${name}) does not match the name on the URL (${path.name})`);
  }
  const namespace = path.namespace === undefined ? {} : { namespace: path.namespace };
  return { object: { ...body, apiVersion, kind, metadata: { ...metadata, ...namespace, name } } as AnyObject };
}
