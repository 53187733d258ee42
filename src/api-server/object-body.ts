// The object in the body of a POST or PUT, held against the path it was sent to.
import { apiVersionOf } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { fieldsOf } from "../base/json.ts";
import type { ApiRequest } from "./answer.ts";
import { jsonBody } from "./request-body.ts";
import type { Target } from "./target.ts";

/** The object with kind, apiVersion, namespace and (for PUT) name as the path says; 400 where body and path disagree. */
export function decodeObject(
  request: ApiRequest,
  target: Target,
): { readonly object: AnyObject } | { readonly refused: ApiStatus } {
  const parsed = jsonBody(request);
  if ("refused" in parsed) return parsed;
  const { body } = parsed;
  const { name: kind } = target.resource;
  const apiVersion = apiVersionOf(target.resource);
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
  if (target.resource.namespaced) {
    if (target.namespace === undefined) return bad("an empty namespace may not be set during creation");
    if (given && given !== target.namespace) {
      return bad("the namespace of the provided object does not match the namespace sent on the request");
    }
  }
  const name = metadata["name"] ?? target.name ?? "";
  if (target.name !== undefined && name !== target.name) {
    return bad(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  }
  const home = target.namespace === undefined ? {} : { namespace: target.namespace };
  return { object: { ...body, apiVersion, kind, metadata: { ...metadata, ...home, name } } as AnyObject };
}
