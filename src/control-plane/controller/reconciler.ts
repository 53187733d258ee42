// Defines the interface of reconcilers, which are synchronous and pure: `reconcile(object, world) → Plan`.
import type { DecisionRecord, RevisionKey, ScaleResult } from "../../apis/autoscaling/types.ts";
import type { ServingConfig } from "../../apis/config/types.ts";
import type { Kind, ObjectOf, StatusOf } from "../../apis/kinds.ts";
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import type { ObjectKey } from "../../apis/meta/key.ts";
import type { AnyObject, Stored } from "../../apis/meta/object.ts";
import type { Time } from "../../base/clock.ts";
import type { Propagation } from "../store/deletion.ts";
import type { View } from "../store/view.ts";
import type { Derive } from "./derivations.ts";

/** A question whose answer needs I/O. A reconciler puts it into `Plan.ask`. The answer enqueues the object again. */
export type Inquiry =
  /** Is the activator in the request path of this revision? @see knative pkg/reconciler/autoscaling/kpa/scaler.go */
  | { readonly ask: "ActivatorProbe"; readonly revision: RevisionKey }
  /** Does knap's gateway serve this version of the Ingress? @see networking pkg/status */
  | {
      readonly ask: "IngressProbe";
      readonly ingress: ObjectKey;
      readonly hash: string;
      readonly hosts: readonly string[];
    }
  /** Which digest does this image reference have? `pullSecrets`: names of Secrets in the namespace. */
  | {
      readonly ask: "Digest";
      readonly image: string;
      readonly namespace: string;
      readonly pullSecrets: readonly string[];
      readonly revisionUid: string;
    }
  /** Can this Deployment have another pod (quota, node)? */
  | { readonly ask: "PodAdmission"; readonly deployment: ObjectKey }
  /** Does collecting the metric of this revision work? Answer: "" (yes), `no-endpoints`, `no-stat` or an error text. */
  | { readonly ask: "MetricCollection"; readonly revision: RevisionKey };

interface Answers {
  ActivatorProbe: { readonly ok: boolean; readonly error?: string };
  IngressProbe: { readonly ok: boolean };
  /** `digest` is "" if tag resolution skips the registry. The pods then use the tag. */
  Digest: { readonly digest: string } | { readonly error: string };
  PodAdmission: { readonly ok: boolean; readonly message?: string };
  MetricCollection: { readonly error: string };
}
export type AnswerOf<Q extends Inquiry> = Answers[Q["ask"]];

export interface World extends View {
  readonly now: Time;
  /** When the clock last jumped (the machine slept, or its clock was set). Timeouts count from here at the earliest. */
  readonly awakeSince: Time;
  readonly config: ServingConfig;
  readonly advice: ReadonlyMap<RevisionKey, ScaleResult>;
  /** Returns undefined while the answer is not known. */
  answer<Q extends Inquiry>(question: Q): AnswerOf<Q> | undefined;
  /** Returns why the store refused this reconciler's newest write of the object; undefined if the store accepted it. */
  refusal(key: ObjectKey): ApiStatus | undefined;
  /**
   * Returns `make(of, config)` and caches it. `make` must be a pure function at module level. `parts`: the parts of the
   * object that `make` reads, the longest-lived first. Default: the object.
   */
  derived<T extends object, R>(make: Derive<T, R>, of: T, parts?: readonly (object | undefined)[]): R;
}

/** Fields of another object that this reconciler owns, merged into it (RFC 7386; null removes a field). */
export interface OwnedFields {
  readonly key: ObjectKey;
  /** A merge patch of the whole object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The object to create if it does not exist. */
  readonly create?: AnyObject;
  /** Paths such as `["spec"]`. Their values are replaced, not merged. */
  readonly whole?: readonly (readonly string[])[];
  /** True: write `fields.status` through the status subresource. */
  readonly status?: boolean;
}

export interface PlannedDeletion {
  readonly key: ObjectKey;
  readonly uid?: string | undefined;
  readonly propagation?: Propagation | undefined;
}

/** A Kubernetes Event to record about an object; default: the reconciled object. */
export interface EventNote {
  readonly about?: ObjectKey;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

export interface Plan<K extends Kind = Kind> {
  readonly status?: StatusOf<K>;
  readonly finalizers?: readonly string[];
  /** Objects to create if they do not exist. */
  readonly create?: readonly AnyObject[];
  /** Fields of other objects. Each field has one owner. */
  readonly ensure?: readonly OwnedFields[];
  /** Objects to delete. */
  readonly retire?: readonly PlannedDeletion[];
  readonly ask?: readonly Inquiry[];
  readonly decisions?: readonly DecisionRecord[];
  readonly events?: readonly EventNote[];
  /** Reconcile again after this many ms. */
  readonly requeueAfterMs?: readonly number[];
  /** Set if the reconcile failed. The controller records a Warning event `InternalError` with this text and retries. */
  readonly error?: string;
}

export interface Reconciler<K extends Kind = Kind> {
  /** Unique name for logs and events. Several reconcilers can have the same kind, for example route and labeler. */
  readonly name: string;
  readonly kind: K;
  /** Returns further keys to enqueue after a change. The object and its controlling owner are always enqueued. */
  watches?(changed: Stored, view: View): readonly ObjectKey[];
  /** True: the reconciler reads its own status, so its own status write enqueues it again. */
  readonly readsOwnStatus?: true;
  reconcile(object: ObjectOf<K>, world: World): Plan<K>;
}
