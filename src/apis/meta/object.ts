// Kubernetes' object envelope. Objects are plain readonly JSON data; no code in knap changes one in place.

export type StringMap = Readonly<Record<string, string>>;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Metadata of an object that may or may not be stored. Timestamps are RFC 3339, whole seconds, UTC. */
export interface ObjectMeta {
  readonly name: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** Any object of the API, stored or not, of any kind. Kinds with other top-level fields (`data` of a ConfigMap) extend it. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** Metadata of a core kind: the API server counts no generations of these. */
export type CoreMeta = ObjectMeta & { readonly generation?: never };

/** Metadata of a cluster-scoped kind. */
export type ClusterMeta = ObjectMeta & { readonly namespace?: never };

/**
 * What a person or a planner writes: the store adds identity, versions and times.
 * @public
 */
export type Draft<T extends AnyObject> = Omit<T, "metadata" | "status"> & {
  readonly metadata: Omit<T["metadata"], keyof StoreFields | "generation" | "deletionTimestamp">;
};

interface StoreFields {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
}

/**
 * What the store holds. These fields are always present: uid, resourceVersion and creationTimestamp; namespace where the kind is namespaced;
 * generation where the kind has one. `Stored` without an argument is an object of unknown kind: its namespace and generation may be absent.
 * The answer to a dry run is the exception: it has no resourceVersion.
 */
export type Stored<T extends AnyObject = AnyObject> = T & {
  readonly metadata: StoreFields & NamespaceField<T> & GenerationField<T>;
};

type NamespaceField<T extends AnyObject> = string extends T["kind"]
  ? unknown
  : T["metadata"] extends ClusterMeta
    ? unknown
    : { readonly namespace: string };
type GenerationField<T extends AnyObject> = string extends T["kind"]
  ? unknown
  : T["metadata"] extends CoreMeta
    ? unknown
    : { readonly generation: number };
