// Handles finalizers, observedGeneration and condition times for all reconcilers of Knative kinds.
// Source: knative.dev/pkg/reconciler/reconcile_common.go.
import type { DecisionRecord } from "../../apis/autoscaling/types.ts";
import type { ServingConfig } from "../../apis/config/types.ts";
import type { Kind, ObjectOf, StatusOf } from "../../apis/kinds.ts";
import { type Condition, type ConditionedStatus, type ConditionSet, conditionOf } from "../../apis/meta/conditions.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../apis/meta/object.ts";
import { setDefaults } from "../../apis/serving/defaults.ts";
import { sameJson } from "../../base/json.ts";
import { timeText } from "../../base/time.ts";
import type {
  EventNote,
  Inquiry,
  OwnedFields,
  Plan,
  PlannedDeletion,
  Reconciler,
  World,
} from "../controller/reconciler.ts";
import type { View } from "../store/view.ts";

type Conditioned = AnyObject & { readonly status?: ConditionedStatus };

/** Collects the parts of a plan while a reconcile runs. */
export interface PlanBuilder {
  readonly create: AnyObject[];
  readonly ensure: OwnedFields[];
  readonly retire: PlannedDeletion[];
  readonly ask: Inquiry[];
  readonly events: EventNote[];
  readonly decisions: DecisionRecord[];
  readonly requeueAfterMs: number[];
}

/** The state of one reconcile: the defaulted object, the world, the new status and the plan. */
export interface Pass<K extends Kind> {
  readonly object: ObjectOf<K>;
  readonly world: World;
  /** The time of this reconcile, RFC 3339. */
  readonly at: string;
  status: StatusOf<K>;
  readonly plan: PlanBuilder;
}

/** The text of the Warning event `InternalError`; undefined if the reconcile succeeded. */
export type ReconcileError = string | undefined;

export interface KnativePlanner<K extends Kind> {
  readonly name: string;
  readonly kind: K;
  readonly conditions: ConditionSet;
  readonly watches?: (changed: Stored, view: View) => readonly ObjectKey[];
  /** Completes objects that were stored under other defaults. */
  readonly defaulted?: (object: ObjectOf<K>, world: World) => ObjectOf<K>;
  readonly reconcile: (pass: Pass<K>) => ReconcileError;
  /** The first reconcile adds the finalizer. A successful `clear` removes it from a deleted object. */
  readonly finalizer?: { readonly name: string; readonly clear: (pass: Pass<K>) => ReconcileError };
}

export function knativePlanner<K extends Kind>(planner: KnativePlanner<K>): Reconciler<K> {
  return {
    name: planner.name,
    kind: planner.kind,
    ...(planner.watches && { watches: planner.watches }),
    reconcile: (object, world) =>
      object.metadata.deletionTimestamp === undefined
        ? reconcileLive(planner, object, world)
        : reconcileDeleted(planner, object, world),
  };
}

function makePlanBuilder(): PlanBuilder {
  return { create: [], ensure: [], retire: [], ask: [], events: [], decisions: [], requeueAfterMs: [] };
}

/** Returns the plan without empty lists. */
function makePlan<K extends Kind>(builder: PlanBuilder, rest: Plan<K>): Plan<K> {
  const plan: Record<string, unknown> = { ...rest };
  for (const [name, list] of Object.entries(builder)) if (list.length > 0) plan[name] = list;
  return plan as Plan<K>;
}

/** Returns the event that Knative records for a changed finalizer. */
export function finalizerEvent(name: string): EventNote {
  return { type: "Normal", reason: "FinalizerUpdate", message: `Updated "${name}" finalizers` };
}

function reconcileLive<K extends Kind>(planner: KnativePlanner<K>, stored: ObjectOf<K>, world: World): Plan<K> {
  const object = planner.defaulted?.(stored, world) ?? stored;
  const pass = begin(planner, object, world);
  const finalizers = stored.metadata.finalizers ?? [];
  const adds = planner.finalizer !== undefined && !finalizers.includes(planner.finalizer.name);
  if (adds) pass.plan.events.push(finalizerEvent(object.metadata.name));
  const error = planner.reconcile(pass);
  const after = pass.status as ConditionedStatus;
  const { generation } = object.metadata;
  const status = {
    ...after,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    conditions: withOldTimes(after.conditions ?? [], (stored as Conditioned).status?.conditions ?? [], pass.at),
  };
  return makePlan<K>(pass.plan, {
    status: status as unknown as StatusOf<K>,
    ...(adds && planner.finalizer ? { finalizers: [...finalizers, planner.finalizer.name] } : {}),
    ...(error === undefined ? {} : { error }),
  });
}

/** Plans nothing if the object does not have the reconciler's finalizer. */
function reconcileDeleted<K extends Kind>(planner: KnativePlanner<K>, object: ObjectOf<K>, world: World): Plan<K> {
  const { finalizer } = planner;
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizer || !finalizers.includes(finalizer.name)) return {};
  const pass = begin(planner, object, world);
  const error = finalizer.clear(pass);
  if (error !== undefined) return makePlan<K>(pass.plan, { error });
  pass.plan.events.push(finalizerEvent(object.metadata.name));
  return makePlan<K>(pass.plan, { finalizers: finalizers.filter((name) => name !== finalizer.name) });
}

function begin<K extends Kind>({ conditions }: KnativePlanner<K>, object: ObjectOf<K>, world: World): Pass<K> {
  const at = timeText(world.now);
  const { status = {}, metadata } = object as Conditioned;
  const initial = conditions.initialise(status.conditions ?? [], at);
  const isCurrent = (status.observedGeneration ?? 0) === (metadata.generation ?? 0);
  const because = { reason: "NewObservedGenFailure", message: "unsuccessfully observed a new generation" };
  const marked = isCurrent ? initial : conditions.markUnknown(initial, conditions.ready, at, because);
  return {
    object,
    world,
    at,
    status: { ...status, conditions: marked } as unknown as StatusOf<K>,
    plan: makePlanBuilder(),
  };
}

/** Sets the time of this reconcile on changed conditions. Unchanged conditions keep their time. */
function withOldTimes(after: readonly Condition[], before: readonly Condition[], at: string): readonly Condition[] {
  if (after === before) return before;
  return after.map((condition) => {
    const old = conditionOf(before, condition.type);
    if (old === condition && old.lastTransitionTime !== undefined) return old;
    const { lastTransitionTime = at } = old ?? {};
    return { ...condition, lastTransitionTime: old && isSameMark(old, condition) ? lastTransitionTime : at };
  });
}

function isSameMark(a: Condition, b: Condition): boolean {
  const { status, severity, reason = "", message = "" } = a;
  return status === b.status && severity === b.severity && reason === (b.reason ?? "") && message === (b.message ?? "");
}

/**
 * Returns the object with the current defaults, so that reconcilers see a changed config-defaults. Returns the input if
 * nothing differs.
 */
export function defaulted<T extends AnyObject>(object: T, world: World): T {
  const { labels, annotations } = object.metadata;
  // The template for container names can read labels and annotations.
  const spec = world.derived(defaultedSpec, object, [object.spec as object | undefined, labels, annotations]);
  return spec === object.spec ? object : { ...object, spec };
}

function defaultedSpec(object: AnyObject, config: ServingConfig): unknown {
  const { spec } = setDefaults(object, { config });
  return sameJson(spec, object.spec) ? object.spec : spec;
}
