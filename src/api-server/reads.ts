// GET of one object or of a collection, as JSON or as a Table. It changes nothing.
import { apiVersionOf } from "../apis/kinds.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { makeNotFound } from "../control-plane/store/refusals.ts";
import { type Answer, type ApiRequest, json, refuse } from "./answer.ts";
import type { JsonTexts } from "./json-texts.ts";
import { chosenObjects, parseChoice } from "./selection.ts";
import { makeTable, type RowObject, type TableOptions, wantsTable } from "./table.ts";
import { keyOfTarget, type NamedTarget, type Target } from "./target.ts";

export interface Reading {
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly texts: JsonTexts;
}

export function readObject(reading: Reading, request: ApiRequest, target: NamedTarget): Answer {
  const { store, now, texts } = reading;
  const key = keyOfTarget(target);
  const object = store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
  if (!object) return refuse(makeNotFound(key));
  if (!wantsTable(request.headers.accept))
    return { code: 200, text: texts.of(object), contentType: "application/json" };
  const resourceVersion = object.metadata.resourceVersion ?? "";
  return json(200, makeTable([object], tableOptions(request, target, now(), resourceVersion)));
}

export function readCollection(reading: Reading, request: ApiRequest, target: Target): Answer {
  const { store, now, texts } = reading;
  const choice = parseChoice(target, request.query);
  if ("refused" in choice) return refuse(choice.refused);
  const { resource } = target;
  const objects = chosenObjects(store, resource.kind, choice);
  const resourceVersion = String(store.version);
  if (wantsTable(request.headers.accept)) {
    return json(200, makeTable(objects, tableOptions(request, target, now(), resourceVersion)));
  }
  const list = { kind: `${resource.name}List`, apiVersion: apiVersionOf(resource), metadata: { resourceVersion } };
  const head = JSON.stringify(list);
  const items = objects.map((object) => texts.of(object)).join(",");
  return { code: 200, text: `${head.slice(0, -1)},"items":[${items}]}`, contentType: "application/json" };
}

export function tableOptions(request: ApiRequest, target: Target, now: number, resourceVersion: string): TableOptions {
  const wanted = request.query.get("includeObject");
  const rowObject: RowObject = wanted === "None" || wanted === "Object" ? wanted : "Metadata";
  return { kind: target.resource.kind, now, rowObject, resourceVersion };
}

/** 405: the resource is there, the verb is not. */
export const methodNotAllowed: Answer = refuse(
  makeFailure("MethodNotAllowed", "the server does not allow this method on the requested resource"),
);
