// What the store asks before a write and what it hears: the shape of Knative's webhooks (defaulting, then validation) as one function.
import type { ApiStatus } from "./api-status.ts";
import type { AnyObject } from "./object.ts";

export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE";
  /** As the writer sent it, named, with its namespace; on UPDATE already merged into the stored object. */
  readonly object: AnyObject;
  /** UPDATE only: the object as stored. */
  readonly old?: AnyObject;
  /** Who writes: a person, or a controller's service account. */
  readonly user: string;
}

/** The object as it shall be stored, and warnings for the writer; or why not. */
export type AdmissionAnswer =
  | { readonly object: AnyObject; readonly warnings: readonly string[] }
  | { readonly refused: ApiStatus };

/** Judges and completes every create and update of the main resource (never status writes and deletions). Pure. */
export type Admission = (request: AdmissionRequest) => AdmissionAnswer;
