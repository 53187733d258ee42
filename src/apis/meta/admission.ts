// Defines admission: the function that completes and validates an object before the store writes it.
import type { ApiStatus } from "./api-status.ts";
import type { AnyObject } from "./object.ts";

export interface AdmissionRequest {
  readonly operation: "CREATE" | "UPDATE";
  /** `status`: the write changes only the status. */
  readonly subresource?: "status";
  /**
   * The object to write, with name and namespace. On UPDATE, the store has already merged the write with the stored
   * object.
   */
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

/** Validates and completes each create, update and status write, but not deletes. Pure. */
export type Admission = (request: AdmissionRequest) => AdmissionAnswer;
