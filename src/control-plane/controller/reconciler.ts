// The contract between the engine and the planners: `reconcile(object, world) → Plan`, synchronous and pure. No planner does anything; it says what to do.
import type { DecisionNote, RevisionKey, ScaleResult } from "../../apis/autoscaling/types.ts";
import type { ServingConfig } from "../../apis/config/types.ts";
import type { Kind, ObjectOf, StatusOf } from "../../apis/kinds.ts";
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../apis/meta/object.ts";
import type { Time } from "../../base/clock.ts";
import type { View } from "../store/view.ts";
import type { Derive } from "./derivations.ts";

/** A question that only the world can answer; asked as data, answered later, and the answer enqueues whoever asked. */
export type Inquiry =
  /** Is the activator in the path of this revision? (its probe through the public service; scaler.go) */
  | { readonly ask: "ActivatorProbe"; readonly revision: RevisionKey }
  /** Does knap's own gateway serve this Ingress in this version? (networking/pkg/status) */
  | {
      readonly ask: "IngressProbe";
      readonly ingress: ObjectKey;
      readonly hash: string;
      readonly hosts: readonly string[];
    }
  /** What digest does this image reference stand for? `pullSecrets`: names of Secrets of the namespace. */
  | {
      readonly ask: "Digest";
      readonly image: string;
      readonly namespace: string;
      readonly pullSecrets: readonly string[];
      readonly revisionUid: string;
    }
  /** May one more pod of this Deployment be made (quota, node)? */
  | { readonly ask: "PodAdmission"; readonly deployment: ObjectKey }
  /** Did collecting this revision's metric work? Empty text: yes; `no-endpoints`, `no-stat`, else the error's text. */
  | { readonly ask: "MetricCollection"; readonly revision: RevisionKey };

interface Answers {
  ActivatorProbe: { readonly ok: boolean; readonly error?: string };
  IngressProbe: { readonly ok: boolean };
  /** `digest` "" = the registry is on the skip list: the tag is used as it stands. */
  Digest: { readonly digest: string } | { readonly error: string };
  PodAdmission: { readonly ok: boolean; readonly message?: string };
  MetricCollection: { readonly error: string };
}
export type AnswerOf<Q extends Inquiry> = Answers[Q["ask"]];

export interface World extends View {
  readonly now: Time;
  /** The end of the last jump forward of time (the machine slept, its clock was set): no limit of waiting counts from before it. */
  readonly awakeSince: Time;
  readonly config: ServingConfig;
  readonly advice: ReadonlyMap<RevisionKey, ScaleResult>;
  /** undefined: not known yet. Ask by `Plan.ask`; the answer enqueues the key that asked. */
  answer<Q extends Inquiry>(question: Q): AnswerOf<Q> | undefined;
  /** The store refused my last write of this object, and why. */
  refusal(key: ObjectKey): ApiStatus | undefined;
  /**
   * What `make` makes of an object under the present configuration, remembered as long as both live. `make` is pure and defined
   * once, never inline. `parts`: the parts of the object that alone count, first what lives longest; absent: the object itself.
   */
  derived<T extends object, R>(make: Derive<T, R>, of: T, parts?: readonly (object | undefined)[]): R;
}

/** Fields that this planner owns of another object: merged into it (JSON merge patch semantics; null removes). Creates nothing unless `create` is given. */
export interface OwnedFields {
  readonly key: ObjectKey;
  /** The fields to hold, as a merge patch of the whole object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** What to create, whole, when the object is absent. */
  readonly create?: AnyObject;
  /** Pointers (as `["spec"]`) whose value is replaced whole instead of merged. */
  readonly whole?: readonly (readonly string[])[];
  /** True: `fields.status` is written through the status subresource (Pods and Deployments whose status planners keep). */
  readonly status?: boolean;
}

export interface Retirement {
  readonly key: ObjectKey;
  readonly uid?: string;
  readonly propagation?: "Foreground" | "Background" | "Orphan";
}

/** A Kubernetes Event to record about an object (default: the one reconciled). */
export interface EventNote {
  readonly about?: ObjectKey;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface Plan<K extends Kind = Kind> {
  readonly status?: StatusOf<K>;
  readonly finalizers?: readonly string[];
  /** Only if absent, never corrected: Revision, the first replicas of a Deployment. */
  readonly create?: readonly AnyObject[];
  /** These fields of others' objects; each field has one owner. */
  readonly ensure?: readonly OwnedFields[];
  readonly retire?: readonly Retirement[];
  readonly ask?: readonly Inquiry[];
  readonly notes?: readonly DecisionNote[];
  readonly events?: readonly EventNote[];
  /** Look again after these many ms, whatever else happens. */
  readonly requeueAfterMs?: readonly number[];
  /** The reconcile failed: a Warning event `InternalError` with this text and a retry with back-off. */
  readonly error?: string;
}

export interface Reconciler<K extends Kind = Kind> {
  /** A short name for logs, events and back-off; unique. Several reconcilers may plan for one kind (route and labeler). */
  readonly name: string;
  readonly kind: K;
  /** Whom else a change concerns; the object itself and its controlling owner are enqueued anyway. */
  watches?(changed: Stored, view: View): readonly ObjectKey[];
  /**
   * What it plans next may follow from the status that it has just planned, so that status wakes it, too. Absent: a look at an object that
   * has changed in nothing but this planner's own status plans nothing, and is not made.
   */
  readonly readsOwnStatus?: true;
  reconcile(object: ObjectOf<K>, world: World): Plan<K>;
}
