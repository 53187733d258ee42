// The types of admission: Knative's webhooks (defaulting, then validation) as a function that the store calls before a
// write.
import type { ApiStatus } from "./api-status.ts";
import type { AnyObject } from "./object.ts";

export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE";
  /** The object to write, with name and namespace; on UPDATE already merged into the stored object. */
  readonly object: AnyObject;
  /** UPDATE only: the stored object. */
  readonly old?: AnyObject;
  /** The writer: a user, or a controller's service account. */
  readonly user: string;
}

/** The object to store and warnings for the writer, or the refusal. */
export type AdmissionAnswer =
  | { readonly object: AnyObject; readonly warnings: readonly string[] }
  | { readonly refused: ApiStatus };

/** Validates and completes every create and update, but no status writes and deletions. Pure. */
export type Admission = (request: AdmissionRequest) => AdmissionAnswer;
