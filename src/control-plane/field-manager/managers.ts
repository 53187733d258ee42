// Reads and writes metadata.managedFields: the managers of an object's fields.
import { compareBytes } from "../../apis/meta/field-error.ts";
import type { ManagedFieldsEntry } from "../../apis/meta/object.ts";
import { isFields } from "../../base/json.ts";
import { parseTime } from "../../base/time.ts";
import { type FieldSet, isEmpty, union } from "./field-set.ts";
import { decodeFields, encodeFields } from "./fields-v1.ts";

/** Who writes, and how. An applier has one set of fields for all API versions. */
export interface Writer {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
}
export interface Manager extends Writer {
  readonly fields: FieldSet;
  /** The time of the last write that changed the object. */
  readonly time?: string | undefined;
}
/** The key is {@link idOf}. */
export type Managers = ReadonlyMap<string, Manager>;

/** More managers that update are merged, the oldest first. */
const MAX_UPDATERS = 10;
const OLD_UPDATES = "ancient-changes";

/** Returns a key that is the same for all writes of one manager. Sorts by the manager's name. */
export function idOf({ manager, operation, apiVersion, subresource }: Writer): string {
  return JSON.stringify({ manager, operation, ...(operation === "Update" && { apiVersion }), subresource });
}

/** Returns undefined if an entry is malformed. */
export function decodeManagers(entries: unknown): Managers | undefined {
  const managers = new Map<string, Manager>();
  for (const entry of Array.isArray(entries) ? (entries as readonly unknown[]) : []) {
    const decoded = decodeManager(entry);
    if (!decoded) return undefined;
    managers.set(idOf(decoded), decoded);
  }
  return managers;
}

function decodeManager(entry: unknown): Manager | undefined {
  if (!isFields(entry) || entry["fieldsType"] !== "FieldsV1") return undefined;
  const { manager = "", operation, apiVersion, subresource, time, fieldsV1 } = entry;
  const fields = decodeFields(fieldsV1 ?? {});
  if ((operation !== "Apply" && operation !== "Update") || typeof apiVersion !== "string" || !fields) return undefined;
  if (typeof manager !== "string" || apiVersion === "") return undefined;
  return {
    manager,
    operation,
    apiVersion,
    fields,
    ...(typeof subresource === "string" && subresource !== "" && { subresource }),
    ...(typeof time === "string" && { time }),
  };
}

/** Returns true if the entries of a write ask the server to forget all managers: `[]` or `[{}]`. */
export function isReset(entries: unknown): boolean {
  if (!Array.isArray(entries)) return false;
  const [first, ...more] = entries as readonly unknown[];
  return first === undefined || (more.length === 0 && isFields(first) && Object.keys(first).length === 0);
}

/** Returns the entries, appliers first, then by time and name. */
export function encodeManagers(managers: Managers): readonly ManagedFieldsEntry[] {
  return [...managers.values()].sort(compareManagers).map((each) => ({
    manager: each.manager,
    operation: each.operation,
    apiVersion: each.apiVersion,
    ...(each.time !== undefined && { time: each.time }),
    fieldsType: "FieldsV1",
    fieldsV1: encodeFields(each.fields),
    ...(each.subresource !== undefined && { subresource: each.subresource }),
  }));
}

function compareManagers(a: Manager, b: Manager): number {
  return (
    compareBytes(a.operation, b.operation) ||
    secondOf(a) - secondOf(b) ||
    compareBytes(a.manager, b.manager) ||
    compareBytes(a.apiVersion, b.apiVersion) ||
    compareBytes(a.subresource ?? "", b.subresource ?? "")
  );
}

function secondOf({ time }: Manager): number {
  return Math.floor((parseTime(time ?? "") ?? 0) / 1000);
}

/** Returns the managers with at most {@link MAX_UPDATERS} updaters: merges the oldest ones of each API version. */
export function capUpdaters(managers: Managers): Managers {
  const updaters = [...managers].filter(([, { operation }]) => operation === "Update");
  let excess = updaters.length - MAX_UPDATERS;
  if (excess <= 0) return managers;
  const oldest = updaters.sort(([x, a], [y, b]) => secondOf(a) - secondOf(b) || compareBytes(x, y));
  const capped = new Map(managers);
  const firsts = new Map<string, Manager>();
  for (const [id, each] of oldest) {
    const { apiVersion, time } = each;
    const first = firsts.get(apiVersion);
    const bucket: Writer = { manager: OLD_UPDATES, operation: "Update", apiVersion };
    if (excess > 0 && first) {
      const fields = [first, each, capped.get(idOf(bucket))].flatMap((merged) => merged?.fields ?? []).reduce(union);
      capped.delete(idOf(first));
      capped.delete(id);
      capped.set(idOf(bucket), { ...bucket, fields, time });
      excess -= 1;
    }
    firsts.set(apiVersion, capped.get(idOf(bucket)) ?? each);
  }
  return capped;
}

/** Returns the managers without those that have no fields. */
export function withoutIdle(managers: Managers): Managers {
  return new Map([...managers].filter(([, { fields }]) => !isEmpty(fields)));
}
