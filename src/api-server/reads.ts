// GET of an object or a collection.
import { apiVersionOf } from "../apis/kinds.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { ok } from "../base/result.ts";
import { yamlText } from "../base/yaml/yaml-text.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type ApiAnswer, json, statusAnswer } from "./api-answer.ts";
import type { ObjectReader } from "./derived/derived-reader.ts";
import { parseListOptions } from "./list-options.ts";
import { type ListPage, readPage } from "./list-page.ts";
import { parseFilter } from "./object-filter.ts";
import { type Representation, representList, representObject } from "./representation.ts";
import { keyOfPath, type ObjectPath, type ResourcePath } from "./resource-path.ts";

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
  readonly store: ObjectReader;
  readonly now: () => number;
  readonly json: JsonCache;
}

export function readObject(context: ReadContext, wanted: Representation, path: ObjectPath): ApiAnswer {
  const key = keyOfPath(path);
  const object = context.store.get(key.kind, key.namespace, key.name);
  if (!object) return statusAnswer(makeNotFound(key));
  if (wanted.as === undefined && wanted.media === "json") {
    return { code: 200, text: context.json.textOf(object), contentType: "application/json" };
  }
  return json(200, object);
}

/**
 * Converts the object of an answer to the form that the client accepts, and writes the answer as YAML if the client
 * accepts YAML.
 */
export function inForm(wanted: Representation, answer: ApiAnswer): ApiAnswer {
  if (!("json" in answer)) return answer;
  const { code, warnings } = answer;
  const object = answer.json as AnyObject;
  const isObject = code < 300 && object.kind === wanted.path.resource.name;
  const represented = isObject ? representObject(wanted, object) : ok(object);
  if (!represented.ok) return inForm(wanted, statusAnswer(represented.error));
  if (wanted.media === "json") return { code, json: represented.value, warnings };
  return { code, text: yamlText(represented.value), contentType: "application/yaml", warnings };
}

export function readCollection(context: ReadContext, wanted: Representation, query: URLSearchParams): ApiAnswer {
  const { path } = wanted;
  const filter = parseFilter(path, query);
  if (!filter.ok) return statusAnswer(filter.error);
  const options = parseListOptions(query, false);
  if (!options.ok) return statusAnswer(options.error);
  const page = readPage(context.store, path, filter.value, options.value);
  return page.ok ? listAnswer(context, wanted, page.value) : statusAnswer(page.error);
}

/** Returns a list in the form that the client accepts. */
export function listAnswer(
  { json: cache }: Pick<ReadContext, "json">,
  wanted: Representation,
  page: ListPage,
): ApiAnswer {
  if (wanted.as !== undefined || wanted.media !== "json") {
    const represented = representList(wanted, page);
    return represented.ok ? json(200, represented.value) : statusAnswer(represented.error);
  }
  const { resource } = wanted.path;
  const list = { kind: `${resource.name}List`, apiVersion: apiVersionOf(resource), metadata: page.metadata };
  const head = JSON.stringify(list);
  const items = page.objects.map((object) => cache.textOf(object)).join(",");
  return { code: 200, text: `${head.slice(0, -1)},"items":[${items}]}`, contentType: "application/json" };
}

/** Returns a 405: the resource exists and does not support the method. */
export function methodNotAllowed({ resource }: ResourcePath): ApiAnswer {
  const { group, plural } = resource;
  const message = "the server does not allow this method on the requested resource";
  return statusAnswer(makeFailure("MethodNotAllowed", message, { group, kind: plural }));
}
