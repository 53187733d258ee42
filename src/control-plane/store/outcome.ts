// Defines the options and the results of writes to the store.
import type { ApiStatus } from "../../apis/meta/api-status.ts";
import type { AnyObject, ManagedFieldsEntry, Stored } from "../../apis/meta/object.ts";
import type { Result } from "../../base/result.ts";

export interface WriteOptions {
  /** The writer. Default: knap's controllers. */
  readonly user?: string;
  /** Return the result without writing it. */
  readonly dryRun?: boolean;
  /**
   * Computes metadata.managedFields, or refuses the write, from the object as admission returns it. Default: they stay,
   * and the managers of the changed fields too.
   */
  readonly manage?: (admitted: AnyObject) => Result<readonly ManagedFieldsEntry[], ApiStatus>;
}

/** What a status write requires of the stored object. */
export interface StatusPreconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** `changed` is false if the write equals the stored object; then the version stays and watchers see no event. */
export type WriteOutcome<T extends AnyObject = AnyObject> =
  | { readonly object: T; readonly changed: boolean; readonly warnings: readonly string[] }
  | { readonly refused: ApiStatus };

/** `removed` is false while finalizers, dependents or a kubelet delay the removal. */
export type DeleteOutcome =
  | { readonly object: Stored; readonly changed: boolean; readonly removed: boolean }
  | { readonly refused: ApiStatus };
