// Makes Tables (meta.k8s.io/v1), which `kubectl get` prints.
import type { Kind } from "../apis/kinds.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Time } from "../base/clock.ts";
import { columnsOf } from "./columns.ts";

/** The part of the object that each row contains (query parameter `includeObject`). */
export type RowObject = "None" | "Metadata" | "Object";

export interface TableRequest {
  readonly kind: Kind;
  readonly now: Time;
  readonly rowObject: RowObject;
  readonly resourceVersion: string;
}

/** Returns true if the client accepts a Table. */
export function wantsTable(accept: string | undefined): boolean {
  return /as=Table/.test(accept ?? "") && /g=meta\.k8s\.io/.test(accept ?? "");
}

export function makeTable(objects: readonly AnyObject[], options: TableRequest): object {
  const columns = columnsOf(options.kind);
  const name = { name: "Name", type: "string", format: "name", description: "", priority: 0 };
  const definitions = columns.map((column) => ({
    name: column.name,
    type: column.type,
    format: "",
    description: "",
    priority: column.priority,
  }));
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: options.resourceVersion },
    columnDefinitions: [name, ...definitions],
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ...columns.map((column) => column.cell(object, options.now))],
      ...rowObject(object, options.rowObject),
    })),
  };
}

function rowObject(object: AnyObject, wanted: RowObject): object {
  if (wanted === "None") return {};
  if (wanted === "Object") return { object };
  const { metadata } = object;
  return { object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata } };
}
