// Writes a plan to the store and returns the refused writes. The controller retries them.
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { applyMergePatch, isFields, sameJson, withFields } from "../../base/json.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { OwnedFields, Plan } from "./reconciler.ts";

/** The result of each write, in order; `refused` is undefined if the store accepted it. */
export type WriteResults = { readonly key: ObjectKey; readonly refused: ApiStatus | undefined }[];

/**
 * Writes finalizers, creations, owned fields and deletions of a plan. For an object that is being deleted, finalizers
 * are written last, because removing the last finalizer removes the object. {@link applyStatus} writes the status.
 */
export function applyWrites(store: ObjectStore, object: AnyObject, plan: Plan): WriteResults {
  const results: WriteResults = [];
  const isDeleted = object.metadata.deletionTimestamp !== undefined;
  if (!isDeleted) applyFinalizers(store, object, plan, results);
  for (const wanted of plan.create ?? []) createIfAbsent(store, wanted, results);
  for (const owned of plan.ensure ?? []) ensure(store, owned, results);
  for (const { key, uid, propagation } of plan.retire ?? []) {
    const outcome = store.delete(key, { uid, propagation });
    // With 404 and 409 the object to delete no longer exists.
    const refused = "refused" in outcome && ![404, 409].includes(outcome.refused.code) ? outcome.refused : undefined;
    results.push({ key, refused });
  }
  if (isDeleted) applyFinalizers(store, object, plan, results);
  return results;
}

/** Writes the planned status if the object still exists. */
export function applyStatus(store: ObjectStore, key: ObjectKey, plan: Plan): ApiStatus | undefined {
  if (plan.status === undefined || !store.get(key.kind, key.namespace, key.name)) return undefined;
  const outcome = store.writeStatus(key, plan.status);
  return "refused" in outcome ? outcome.refused : undefined;
}

function applyFinalizers(store: ObjectStore, object: AnyObject, plan: Plan, results: WriteResults): void {
  if (!plan.finalizers || sameJson(plan.finalizers, object.metadata.finalizers ?? [])) return;
  addResult(results, keyOf(object), store.patchMerge(keyOf(object), { metadata: { finalizers: plan.finalizers } }));
}

function createIfAbsent(store: ObjectStore, wanted: AnyObject, results: WriteResults): void {
  const key = keyOf(wanted);
  const outcome = store.create(wanted);
  const exists = "refused" in outcome && outcome.refused.reason === "AlreadyExists";
  addResult(results, key, exists ? {} : outcome);
}

function ensure(store: ObjectStore, owned: OwnedFields, results: WriteResults): void {
  const { key } = owned;
  const { status, ...rest } = owned.fields;
  const fields = owned.status ? rest : owned.fields;
  const old = store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
  if (!old && !owned.create) return;
  const outcome = old
    ? store.update(mergeOwned(old, fields, owned.whole) as AnyObject)
    : store.create(owned.create as AnyObject);
  addResult(results, key, outcome);
  if ("refused" in outcome || !owned.status) return;
  const before = old ? old.status : owned.create?.status;
  addResult(results, key, store.writeStatus(key, applyMergePatch(before, status ?? {})));
}

function addResult(results: WriteResults, key: ObjectKey, outcome: object): void {
  results.push({ key, refused: "refused" in outcome ? (outcome.refused as ApiStatus) : undefined });
}

type Pointers = readonly (readonly string[])[];

/**
 * Merges `fields` into the target (null removes a field). Replaces the values at the pointers in `whole`.
 * Returns the input unchanged (same reference) if nothing differs.
 */
function mergeOwned(target: unknown, fields: unknown, whole: Pointers = []): unknown {
  if (!isFields(fields) || whole.some((pointer) => pointer.length === 0)) {
    return sameJson(target, fields) ? target : fields;
  }
  return withFields(isFields(target) ? target : {}, fields, (before, value, name) =>
    mergeOwned(before, value, below(whole, name)),
  );
}

function below(whole: Pointers, name: string): Pointers {
  return whole.length === 0 ? whole : whole.filter(([first]) => first === name).map((pointer) => pointer.slice(1));
}
