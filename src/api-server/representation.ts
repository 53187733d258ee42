// Gives objects and lists the form that the client accepts: whole, as metadata only, or as a Table.

import { apiVersionOf, isCustom } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { headerValue } from "../data-plane/http/headers.ts";
import type { ApiRequest } from "./api-answer.ts";
import type { ListPage } from "./list-page.ts";
import { type AnswerForm, answerForm } from "./negotiation.ts";
import type { ResourcePath } from "./resource-path.ts";
import { makeTable, type RowObject } from "./table.ts";

/** How a client wants the objects of one request. */
export interface Representation extends AnswerForm {
  readonly path: ResourcePath;
  readonly rowObject: RowObject;
  readonly hasHeaders: boolean;
  readonly now: () => number;
}

const ROW_OBJECTS: readonly string[] = ["None", "Metadata", "Object"];

/** Fails with 406 for an Accept header, and with 400 for options of a Table, that the server does not have. */
export function representationOf(
  { headers, query }: ApiRequest,
  path: ResourcePath,
  now: () => number,
): Result<Representation, ApiStatus> {
  const form = answerForm(headerValue(headers, "accept"), !isCustom(path.resource));
  if (!form.ok) return form;
  const wanted = query.get("includeObject") || "Metadata";
  if (form.value.as === "Table" && !ROW_OBJECTS.includes(wanted)) {
    const rule = "must be 'Metadata', 'Object', 'None', or empty";
    const error = `includeObject: Invalid value: ${JSON.stringify(wanted)}: ${rule}`;
    return refuse("BadRequest", `Unable to convert to Table as requested: ${error}`);
  }
  return ok({ ...form.value, path, rowObject: wanted as RowObject, hasHeaders: true, now });
}

/** Returns the object in the wanted form. Fails if the client wants a list. */
export function representObject(wanted: Representation, object: AnyObject): Result<object, ApiStatus> {
  const { as } = wanted;
  if (as === undefined) return ok(object);
  if (as === "PartialObjectMetadata") return ok(partial(wanted, object));
  if (as === "Table") return ok(tableOf(wanted, [object], { resourceVersion: object.metadata.resourceVersion ?? "" }));
  // Kubernetes answers 500 without a reason.
  const { reason: _, ...status } = makeFailure("InternalError", "content is not a list");
  return failed(status);
}

/** Returns the list in the wanted form. Fails if the client wants a single object. */
export function representList(wanted: Representation, { objects, metadata }: ListPage): Result<object, ApiStatus> {
  const { as, version, path } = wanted;
  const { resource } = path;
  if (as === "Table") return ok(tableOf(wanted, objects, metadata));
  if (as === "PartialObjectMetadata") {
    return refuse("NotAcceptable", `you requested ${as}, but the requested object is a list (${resource.name}List)`);
  }
  if (as === undefined) {
    return ok({ kind: `${resource.name}List`, apiVersion: apiVersionOf(resource), metadata, items: objects });
  }
  const items = objects.map((object) => partial(wanted, object));
  return ok({ kind: as, apiVersion: `meta.k8s.io/${version}`, metadata, items });
}

/** Returns an object of a watch event. A stream of Tables has column definitions in its first event only. */
export function representEvent(wanted: Representation, object: AnyObject, isFirst: boolean): object {
  const represented = representObject({ ...wanted, hasHeaders: isFirst }, object);
  return represented.ok ? represented.value : partial(wanted, object);
}

/** Returns the object of a bookmark, which has only metadata: as a Table it has no rows. */
export function representBookmark(wanted: Representation, metadata: ListPage["metadata"]): object {
  const { as, version } = wanted;
  if (as === "Table") return tableOf({ ...wanted, hasHeaders: false }, [], metadata);
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata };
}

function partial({ version }: Representation, { metadata }: AnyObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata };
}

function tableOf(wanted: Representation, objects: readonly AnyObject[], metadata: ListPage["metadata"]): object {
  const { path, rowObject, hasHeaders, version, now } = wanted;
  const options = { kind: path.resource.kind, rowObject, hasHeaders, version, metadata, now: now() };
  return makeTable(objects, options);
}
