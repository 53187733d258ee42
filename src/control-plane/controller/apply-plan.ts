// Carries out a plan against the store, write by write, and tells which writes were refused. It decides nothing about retries.
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject } from "../../apis/meta/object.ts";
import { applyMergePatch, isFields, sameJson, withFields } from "../../base/json.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { OwnedFields, Plan } from "./reconciler.ts";

/** What became of each write, in order: no `refused` when the store took it. */
export type Verdicts = { readonly key: ObjectKey; readonly refused: ApiStatus | undefined }[];

/**
 * Finalizers, creations, owned fields and retirements of a plan. While an object is being deleted its finalizers go last,
 * because the last one takes the object with it. The status is not written here, see {@link applyStatus}.
 */
export function applyWrites(store: ObjectStore, object: AnyObject, plan: Plan): Verdicts {
  const verdicts: Verdicts = [];
  const going = object.metadata.deletionTimestamp !== undefined;
  if (!going) applyFinalizers(store, object, plan, verdicts);
  for (const wanted of plan.create ?? []) createIfAbsent(store, wanted, verdicts);
  for (const owned of plan.ensure ?? []) ensure(store, owned, verdicts);
  for (const { key, uid, propagation } of plan.retire ?? []) {
    const outcome = store.delete(key, { ...(uid ? { uid } : {}), ...(propagation ? { propagation } : {}) });
    // gone already, or another object of that name by now: what was to be retired is no more
    const refused = "refused" in outcome && ![404, 409].includes(outcome.refused.code) ? outcome.refused : undefined;
    verdicts.push({ key, refused });
  }
  if (going) applyFinalizers(store, object, plan, verdicts);
  return verdicts;
}

/** Writes the planned status, if the object is still there. */
export function applyStatus(store: ObjectStore, key: ObjectKey, plan: Plan): ApiStatus | undefined {
  if (plan.status === undefined || !store.get(key.kind, key.namespace, key.name)) return undefined;
  const outcome = store.writeStatus(key, plan.status);
  return "refused" in outcome ? outcome.refused : undefined;
}

function applyFinalizers(store: ObjectStore, object: AnyObject, plan: Plan, verdicts: Verdicts): void {
  if (!plan.finalizers || sameJson(plan.finalizers, object.metadata.finalizers ?? [])) return;
  note(verdicts, keyOf(object), store.patchMerge(keyOf(object), { metadata: { finalizers: plan.finalizers } }));
}

function createIfAbsent(store: ObjectStore, wanted: AnyObject, verdicts: Verdicts): void {
  const key = keyOf(wanted);
  const outcome = store.create(wanted);
  const exists = "refused" in outcome && outcome.refused.reason === "AlreadyExists";
  note(verdicts, key, exists ? {} : outcome);
}

function ensure(store: ObjectStore, owned: OwnedFields, verdicts: Verdicts): void {
  const { key } = owned;
  const { status, ...rest } = owned.fields;
  const fields = owned.status ? rest : owned.fields;
  const old = store.get(key.kind, key.namespace, key.name) as AnyObject | undefined;
  if (!old && !owned.create) return;
  const outcome = old
    ? store.update(mergeOwned(old, fields, owned.whole) as AnyObject)
    : store.create(owned.create as AnyObject);
  note(verdicts, key, outcome);
  if ("refused" in outcome || !owned.status) return;
  const before = old ? old.status : owned.create?.status;
  note(verdicts, key, store.writeStatus(key, applyMergePatch(before, status ?? {})));
}

function note(verdicts: Verdicts, key: ObjectKey, outcome: object): void {
  verdicts.push({ key, refused: "refused" in outcome ? (outcome.refused as ApiStatus) : undefined });
}

type Pointers = readonly (readonly string[])[];

/** The target with `fields` merged in (null removes); what stands at a pointer of `whole` is replaced instead of merged. What is so already stays the same object. */
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
