// Makes Tables (meta.k8s.io/v1), which `kubectl get` prints.
import type { Kind } from "../apis/kinds.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Time } from "../base/clock.ts";
import type { Column } from "./column.ts";
import { columnsOf } from "./columns.ts";

/** The part of the object that each row contains (query parameter `includeObject`). */
export type RowObject = "None" | "Metadata" | "Object";

interface TableOptions {
  readonly kind: Kind;
  readonly now: Time;
  readonly rowObject: RowObject;
  /** False: the client has the column definitions already. */
  readonly hasHeaders: boolean;
  readonly version: "v1" | "v1beta1";
  readonly metadata: object;
}

export function makeTable(objects: readonly AnyObject[], options: TableOptions): object {
  const columns = columnsOf(options.kind);
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.hasHeaders ? definitionsOf(columns) : null,
    rows: objects.map((object) => ({
      cells: [object.metadata.name, ...columns.map((column) => column.cell(object, options.now))],
      ...rowObject(object, options),
    })),
  };
}

function definitionsOf(columns: readonly Column[]): readonly object[] {
  const name = { name: "Name", type: "string", format: "name", description: "", priority: 0 };
  const others = columns.map((column) => ({
    name: column.name,
    type: column.type,
    format: "",
    description: "",
    priority: column.priority,
  }));
  return [name, ...others];
}

function rowObject(object: AnyObject, { rowObject: wanted, version }: TableOptions): object {
  if (wanted === "None") return { object: null };
  if (wanted === "Object") return { object };
  const { metadata } = object;
  return { object: { kind: "PartialObjectMetadata", apiVersion: `meta.k8s.io/${version}`, metadata } };
}
