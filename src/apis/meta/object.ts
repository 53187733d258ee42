// Defines the fields that all Kubernetes objects have. Objects are readonly JSON data.

export type StringMap = Readonly<Record<string, string>>;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** One manager of fields. The server computes these for each write of a client. */
export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: string;
  /** A set of field paths. */
  readonly fieldsV1: Readonly<Record<string, unknown>>;
  readonly subresource?: string;
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
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** An object of any kind. Kinds with other top-level fields (`data` of a ConfigMap) extend it. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly status?: unknown;
}

/** Metadata of a core kind, which has no generation. */
export type CoreMeta = ObjectMeta & { readonly generation?: never };

/** Metadata of a cluster-scoped kind. */
export type ClusterMeta = ObjectMeta & { readonly namespace?: never };

interface StoreFields {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
}

/**
 * A stored object. uid, resourceVersion and creationTimestamp are always present, namespace if the kind is namespaced,
 * generation if the kind has one. `Stored` without an argument is an object of unknown kind: namespace and generation
 * may be absent. Only the result of a dry run has no resourceVersion.
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
