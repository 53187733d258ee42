// One reconcile of one object of Knative's: what every planner of a kind with conditions shares before and after its own work.
// It never writes anything; it gathers a Plan. Source: knative.dev/pkg/reconciler/reconcile_common.go.
import type { DecisionNote } from "../../apis/autoscaling/types.ts";
import type { Kind, ObjectOf, StatusOf } from "../../apis/kinds.ts";
import type { Condition, ConditionedStatus } from "../../apis/meta/conditions.ts";
import { type ConditionSet, conditionOf } from "../../apis/meta/conditions.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../apis/meta/object.ts";
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

/** What a reconcile gathers. Mutable, and alive only while one `reconcile` runs. */
export interface Gathering {
  readonly create: AnyObject[];
  readonly ensure: OwnedFields[];
  readonly retire: PlannedDeletion[];
  readonly ask: Inquiry[];
  readonly events: EventNote[];
  readonly notes: DecisionNote[];
  readonly requeueAfterMs: number[];
}

/** One reconcile: the object (defaulted), the world, the status as it becomes, and what is planned so far. */
export interface Pass<K extends Kind> {
  readonly object: ObjectOf<K>;
  readonly world: World;
  /** The time that all changes of this reconcile carry. */
  readonly at: string;
  status: StatusOf<K>;
  readonly plan: Gathering;
}

/** A reconcile's failure: what the Warning event `InternalError` says. Nothing: it went well. */
export type Failure = string | undefined;

export interface KnativePlanner<K extends Kind> {
  readonly name: string;
  readonly kind: K;
  readonly conditions: ConditionSet;
  readonly watches?: (changed: Stored, view: View) => readonly ObjectKey[];
  /** Fills in what the API would, for objects that were stored under other defaults. */
  readonly defaulted?: (object: ObjectOf<K>, world: World) => ObjectOf<K>;
  readonly reconcile: (pass: Pass<K>) => Failure;
  /** With a finalizer: put on before the first reconcile, taken off after `clear`. */
  readonly finalizer?: { readonly name: string; readonly clear: (pass: Pass<K>) => Failure };
}

/** Wraps a kind's own work in the common behaviour. */
export function knativePlanner<K extends Kind>(planner: KnativePlanner<K>): Reconciler<K> {
  return {
    name: planner.name,
    kind: planner.kind,
    ...(planner.watches ? { watches: planner.watches } : {}),
    reconcile: (object, world) =>
      object.metadata.deletionTimestamp === undefined ? live(planner, object, world) : going(planner, object, world),
  };
}

/** An empty gathering. */
function gather(): Gathering {
  return { create: [], ensure: [], retire: [], ask: [], events: [], notes: [], requeueAfterMs: [] };
}

/** The plan of a gathering, with nothing in it that is empty. */
function planned<K extends Kind>(gathering: Gathering, rest: Plan<K>): Plan<K> {
  const plan: Record<string, unknown> = { ...rest };
  for (const [name, list] of Object.entries(gathering)) if (list.length > 0) plan[name] = list;
  return plan as Plan<K>;
}

/** Notes that a finalizer comes or goes, as Knative's generated reconcilers do. */
export function finalizerEvent(name: string): EventNote {
  return { type: "Normal", reason: "FinalizerUpdate", message: `Updated "${name}" finalizers` };
}

function live<K extends Kind>(planner: KnativePlanner<K>, stored: ObjectOf<K>, world: World): Plan<K> {
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
    conditions: groomed(after.conditions ?? [], (stored as Conditioned).status?.conditions ?? [], pass.at),
  };
  return planned<K>(pass.plan, {
    status: status as unknown as StatusOf<K>,
    ...(adds && planner.finalizer ? { finalizers: [...finalizers, planner.finalizer.name] } : {}),
    ...(error === undefined ? {} : { error }),
  });
}

/** Deleted objects are left alone, except by the planner whose finalizer holds them. */
function going<K extends Kind>(planner: KnativePlanner<K>, object: ObjectOf<K>, world: World): Plan<K> {
  const { finalizer } = planner;
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizer || !finalizers.includes(finalizer.name)) return {};
  const pass = begin(planner, object, world);
  const error = finalizer.clear(pass);
  if (error !== undefined) return planned<K>(pass.plan, { error });
  pass.plan.events.push(finalizerEvent(object.metadata.name));
  return planned<K>(pass.plan, { finalizers: finalizers.filter((name) => name !== finalizer.name) });
}

function begin<K extends Kind>({ conditions }: KnativePlanner<K>, object: ObjectOf<K>, world: World): Pass<K> {
  const at = timeText(world.now);
  const { status = {}, metadata } = object as Conditioned;
  const initial = conditions.initialise(status.conditions ?? [], at);
  const isCurrent = (status.observedGeneration ?? 0) === (metadata.generation ?? 0);
  const because = { reason: "NewObservedGenFailure", message: "unsuccessfully observed a new generation" };
  const marked = isCurrent ? initial : conditions.markUnknown(initial, conditions.ready, at, because);
  return { object, world, at, status: { ...status, conditions: marked } as unknown as StatusOf<K>, plan: gather() };
}

/** A condition that ends the reconcile as it began it keeps its old time; all others share this one's. */
function groomed(after: readonly Condition[], before: readonly Condition[], at: string): readonly Condition[] {
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
