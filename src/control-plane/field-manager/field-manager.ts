// Computes the managers of an object's fields after a write: after an update, and after a server-side apply, which also
// merges the configuration into the object.
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import type { AnyObject, ManagedFieldsEntry, ObjectMeta } from "../../apis/meta/object.ts";
import type { Schema } from "../../apis/schema/schema.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { type ManagerConflict, makeApplyConflict } from "./conflicts.ts";
import { difference, EMPTY, type FieldSet, intersection, isEmpty, setOf, union, withoutSubtrees } from "./field-set.ts";
import {
  capUpdaters,
  decodeManagers,
  encodeManagers,
  idOf,
  isReset,
  type Manager,
  type Managers,
  type Writer,
  withoutIdle,
} from "./managers.ts";
import { mergeValues, pruneFields } from "./merge-values.ts";
import { type Difference, differenceOf, fieldSetOf } from "./value-set.ts";

export interface FieldWrite {
  readonly schema: Schema;
  readonly writer: Writer;
  /** Paths that the write cannot change, with all paths below them: the status, or everything but the status. */
  readonly ignored: FieldSet;
  /** RFC 3339. */
  readonly now: string;
}

/** Nobody owns these fields, which the server writes or which identify the object. */
const UNOWNED_METADATA = "name namespace creationTimestamp selfLink uid clusterName generation resourceVersion";
const UNOWNED = setOf(
  ["apiVersion"],
  ["kind"],
  ["metadata"],
  ...UNOWNED_METADATA.split(" ").map((name) => ["metadata", name]),
);
const NOBODY: Managers = new Map();
/** The manager of the fields that an object without managers has before its first apply. */
const BEFORE_FIRST_APPLY = "before-first-apply";

/** A change of an object: what the client asks for, and what is stored after admission. */
interface Change {
  /** Absent: the write creates the object. */
  readonly live: AnyObject | undefined;
  readonly asked: object;
  readonly admitted: AnyObject;
}

/**
 * Returns the managers after a write that replaces `live` by `asked`. An object without managers gets none before an
 * apply. The client can replace the managers by `asked.metadata.managedFields`, but not through a subresource.
 */
export function managersAfterUpdate(
  write: FieldWrite,
  change: Change & { readonly asked: AnyObject },
): readonly ManagedFieldsEntry[] {
  const { live } = change;
  const given = write.writer.subresource === undefined ? change.asked.metadata.managedFields : undefined;
  const decoded = decodeManagers(given) ?? NOBODY;
  const stored = isReset(given) ? NOBODY : (decodeManagers(live?.metadata.managedFields) ?? NOBODY);
  const managers = decoded.size > 0 ? decoded : stored;
  return managers.size === 0 && live ? [] : encodeManagers(tracked(write, managers, change));
}

/** Gives the paths that an update changes to its writer, and takes them from all others. */
function tracked(write: FieldWrite, managers: Managers, change: Change): Managers {
  const { writer, now } = write;
  const { changed, removed } = effectOf(write, change);
  const own = difference(changed, UNOWNED);
  const after = new Map(managers);
  for (const [id, each] of managers) {
    after.set(id, { ...each, fields: difference(each.fields, union(changed, removed)) });
  }
  if (!isEmpty(own)) {
    const before = after.get(idOf(writer))?.fields ?? EMPTY;
    after.set(idOf(writer), { ...writer, fields: union(before, own), time: now });
  }
  return capUpdaters(withoutIdle(after));
}

/**
 * Returns the paths that the client changes and that change in the stored object. Defaults of admission belong to
 * nobody, also in place of a removed field, and a value that admission completes to the stored value changes nothing.
 */
function effectOf({ schema, ignored }: FieldWrite, { live, asked, admitted }: Change): Difference {
  const before = unmanaged(live ?? {});
  const wanted = differenceOf(schema, before, unmanaged(asked));
  const stored = differenceOf(schema, before, unmanaged(admitted));
  return {
    changed: withoutSubtrees(intersection(wanted.changed, stored.changed), ignored),
    removed: withoutSubtrees(intersection(wanted.removed, union(stored.removed, stored.changed)), ignored),
  };
}

/** The first half of a server-side apply: what is to be written. */
export interface Merge {
  /** Without managedFields. */
  readonly object: AnyObject;
  /** The managers with the fields of the configuration as those of the writer. */
  readonly managers: Managers;
}

/**
 * Merges a configuration into `live` and removes the fields that the writer applied before and no longer applies.
 * Expects a configuration that has the types of the schema.
 */
export function mergeConfig(write: FieldWrite, live: AnyObject | undefined, config: AnyObject): Merge {
  const { schema, writer, ignored } = write;
  const id = idOf(writer);
  const before = managersBeforeApply(write, live);
  const last = before.get(id);
  const fields = withoutSubtrees(fieldSetOf(schema, config), ignored);
  const managers = new Map(before).set(id, { ...writer, fields, time: last?.time });
  const merged = mergeValues(schema, live && unmanaged(live), config);
  const owned = [...managers.values()].reduce((all, each) => union(all, each.fields), EMPTY);
  const object = (last ? pruneFields(schema, merged, last.fields, owned) : merged) as AnyObject;
  // A configuration without a name can remove the whole metadata.
  return { object: { ...object, metadata: object.metadata ?? {} }, managers };
}

function managersBeforeApply(write: FieldWrite, live: AnyObject | undefined): Managers {
  const managers = decodeManagers(live?.metadata.managedFields) ?? NOBODY;
  if (!live || managers.size > 0) return managers;
  const writer: Writer = { ...write.writer, manager: BEFORE_FIRST_APPLY, operation: "Update" };
  return tracked({ ...write, writer }, managers, { live: undefined, asked: live, admitted: live });
}

export interface Force {
  /** Take the fields of other managers that have other values. */
  readonly force: boolean;
  /** Fields that the write may take also without force. */
  readonly mayTake: FieldSet;
}

/**
 * The second half of a server-side apply: returns the managers after it. Fails with 409 if it changes fields of other
 * managers and may not take them.
 */
export function managersAfterApply(
  write: FieldWrite & Force,
  { object, managers }: Merge,
  { live, admitted }: Pick<Change, "live" | "admitted">,
): Result<readonly ManagedFieldsEntry[], ApiStatus> {
  const id = idOf(write.writer);
  const { changed, removed } = effectOf(write, { live, asked: object, admitted });
  const after = new Map<string, Manager>();
  const conflicts: ManagerConflict[] = [];
  for (const [other, each] of managers) {
    const taken = difference(intersection(each.fields, changed), write.mayTake);
    if (other !== id && !isEmpty(taken)) conflicts.push({ writer: each, fields: taken });
    after.set(other, { ...each, fields: difference(each.fields, other === id ? UNOWNED : union(changed, removed)) });
  }
  if (conflicts.length > 0 && !write.force) return failed(makeApplyConflict(conflicts));
  const own = after.get(id);
  if (own && !(isEmpty(changed) && isEmpty(removed))) after.set(id, { ...own, time: write.now });
  return ok(encodeManagers(capUpdaters(withoutIdle(after))));
}

function unmanaged(object: { readonly metadata?: ObjectMeta }): object {
  if (object.metadata?.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
