// Formats objects in the format of `-o`, and events as table rows.
import { columnsOf } from "../../api-server/columns.ts";
import { humanDuration } from "../../api-server/human-duration.ts";
import type { Event } from "../../apis/core/types.ts";
import { type Kind, kindOf } from "../../apis/kinds.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import type { Time } from "../../base/clock.ts";
import { parseTime } from "../../base/time.ts";
import { yamlText } from "../../base/yaml/yaml-text.ts";
import { usageError } from "../cli-error.ts";
import { fullNameOf } from "../objects/targets.ts";
import { parseJsonPath } from "./json-path.ts";
import { tableText } from "./text.ts";

export interface PrintOptions {
  readonly output: string | undefined;
  readonly headers: boolean;
  readonly namespaces: boolean;
  /** Prefix names with their kind, as kubectl does for several kinds. */
  readonly kinds: boolean;
  readonly now: Time;
  /** The number of synced files of an object. The tables with such objects have one more column. */
  readonly dirty?: ReadonlyMap<AnyObject, number> | undefined;
}

const list = (items: readonly AnyObject[]) => ({
  apiVersion: "v1",
  kind: "List",
  metadata: { resourceVersion: "" },
  items,
});

/** One table for objects of one kind, with the columns of the API server. */
function objectTable(kind: Kind, objects: readonly AnyObject[], options: PrintOptions): string {
  const columns = columnsOf(kind).filter(({ priority }) => priority === 0 || options.output === "wide");
  const { dirty } = options;
  const isDirty = objects.some((object) => dirty?.has(object));
  const dirtyCell = (object: AnyObject): string => (dirty?.has(object) ? `+${dirty.get(object)}` : "");
  const nameOf = (object: AnyObject) => (options.kinds ? fullNameOf(object) : object.metadata.name);
  const headers = [
    ...(options.namespaces ? ["NAMESPACE"] : []),
    "NAME",
    ...columns.map(({ name }) => name),
    ...(isDirty ? ["DIRTY"] : []),
  ];
  const rows = objects.map((object) => [
    ...(options.namespaces ? [object.metadata.namespace ?? ""] : []),
    nameOf(object),
    ...columns.map((column) => String(column.cell(object, options.now) ?? "")),
    ...(isDirty ? [dirtyCell(object)] : []),
  ]);
  return tableText({ headers, rows }, { headers: options.headers });
}

function urlOf({ status }: AnyObject): string {
  return (status as { url?: string } | undefined)?.url ?? "";
}

/** As kubectl, which shows managedFields only if they are asked for. */
function withoutManagers(object: AnyObject): AnyObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Returns the text of the objects; `isSingle`: of the one object, not of a list. An empty line separates tables. */
export function printObjects(objects: readonly AnyObject[], isSingle: boolean, options: PrintOptions): string {
  const { output } = options;
  const value = isSingle ? objects[0] : list(objects);
  if (output === undefined || output === "wide") {
    const byKind = groupByKind(objects);
    return [...byKind].map(([kind, group]) => objectTable(kind, group, options)).join("\n\n");
  }
  if (output === "json" || output === "yaml") {
    const shown = objects.map(withoutManagers);
    const document = isSingle ? shown[0] : list(shown);
    return output === "json" ? JSON.stringify(document, undefined, 4) : yamlText(document);
  }
  if (output === "name") return objects.map(fullNameOf).join("\n");
  const urls = objects.map(urlOf).filter((url) => url !== "");
  if (output === "url") return urls.join("\n");
  const template = parseJsonPath(output.replace(/^jsonpath=/, ""));
  if (!template.ok) throw usageError(`-o jsonpath: ${template.error}`);
  return template.value(value);
}

function groupByKind(objects: readonly AnyObject[]): ReadonlyMap<Kind, readonly AnyObject[]> {
  const groups = new Map<Kind, AnyObject[]>();
  for (const object of objects) {
    const kind = kindOf(object);
    groups.set(kind, [...(groups.get(kind) ?? []), object]);
  }
  return groups;
}

export const eventHeaders = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];

/** Returns the time an event was last seen, else the time it was created. */
export function eventTime(event: Event): number {
  return parseTime(event.lastTimestamp ?? event.firstTimestamp ?? event.metadata.creationTimestamp ?? "") ?? 0;
}

export function eventRow(event: Event, now: number): readonly string[] {
  const seen = humanDuration(now - eventTime(event));
  const first = parseTime(event.firstTimestamp ?? "");
  const times =
    (event.count ?? 1) > 1 && first !== undefined
      ? `${seen} (x${event.count} over ${humanDuration(now - first)})`
      : seen;
  const { kind = "", name = "" } = event.involvedObject;
  return [
    times,
    event.type ?? "Normal",
    event.reason ?? "",
    `${kind.toLowerCase()}/${name}`,
    (event.message ?? "").trim(),
  ];
}
