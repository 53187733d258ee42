// GET of an object or a collection, as JSON or as a Table.
import { apiVersionOf } from "../apis/kinds.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { filteredObjects, parseFilter } from "./object-filter.ts";
import { keyOfPath, type ObjectPath, type ResourcePath } from "./resource-path.ts";
import { makeTable, type RowObject, type TableRequest, wantsTable } from "./table.ts";

/**
 * Caches the JSON text of each object, so that lists and watches serialize each object once. Holds only weak
 * references.
 */
export class JsonCache {
  readonly #texts = new WeakMap<AnyObject, string>();

  textOf(object: AnyObject): string {
    const known = this.#texts.get(object);
    if (known !== undefined) return known;
    const text = JSON.stringify(object);
    this.#texts.set(object, text);
    return text;
  }
}

export interface ReadContext {
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly json: JsonCache;
}

export function readObject(context: ReadContext, request: ApiRequest, path: ObjectPath): ApiAnswer {
  const { store, now, json: cache } = context;
  const key = keyOfPath(path);
  const object = store.get(key.kind, key.namespace, key.name);
  if (!object) return statusAnswer(makeNotFound(key));
  if (!wantsTable(request.headers.accept))
    return { code: 200, text: cache.textOf(object), contentType: "application/json" };
  const resourceVersion = object.metadata.resourceVersion;
  return json(200, makeTable([object], tableRequest(request, path, now(), resourceVersion)));
}

export function readCollection(context: ReadContext, request: ApiRequest, path: ResourcePath): ApiAnswer {
  const { store, now, json: cache } = context;
  const filter = parseFilter(path, request.query);
  if (!filter.ok) return statusAnswer(filter.error);
  const { resource } = path;
  const objects = filteredObjects(store, resource.kind, filter.value);
  const resourceVersion = String(store.version);
  if (wantsTable(request.headers.accept)) {
    return json(200, makeTable(objects, tableRequest(request, path, now(), resourceVersion)));
  }
  const list = { kind: `${resource.name}List`, apiVersion: apiVersionOf(resource), metadata: { resourceVersion } };
  const head = JSON.stringify(list);
  const items = objects.map((object) => cache.textOf(object)).join(",");
  return { code: 200, text: `${head.slice(0, -1)},"items":[${items}]}`, contentType: "application/json" };
}

export function tableRequest(
  request: ApiRequest,
  path: ResourcePath,
  now: number,
  resourceVersion: string,
): TableRequest {
  const wanted = request.query.get("includeObject");
  const rowObject: RowObject = wanted === "None" || wanted === "Object" ? wanted : "Metadata";
  return { kind: path.resource.kind, now, rowObject, resourceVersion };
}

/** 405: the resource exists and does not support the method. */
export const methodNotAllowed: ApiAnswer = statusAnswer(
  makeFailure("MethodNotAllowed", "the server does not allow this method on the requested resource"),
);
