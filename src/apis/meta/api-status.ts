// Defines Kubernetes' `Status`, with which the API refuses a call. A misuse of the API is a Status, not an exception.
import { type Failed, failed } from "../../base/result.ts";

export type StatusReason =
  | "BadRequest"
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Invalid"
  | "Expired"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "TooManyRequests"
  | "InternalError"
  | "ServiceUnavailable"
  | "Timeout";

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface ApiStatus {
  readonly kind: "Status";
  readonly apiVersion: "v1";
  /** `continue`: the token that goes on with an expired list. */
  readonly metadata: { readonly continue?: string };
  readonly status: "Failure" | "Success";
  readonly message: string;
  readonly reason?: StatusReason;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
    readonly retryAfterSeconds?: number;
  };
  /** The HTTP status: 400, 404, 409, 410, 422, … */
  readonly code: number;
}

const CODES: Readonly<Record<StatusReason, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

export function makeFailure(reason: StatusReason, message: string, details?: ApiStatus["details"]): ApiStatus {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details ? { details } : {}),
    code: CODES[reason],
  };
}

/** Returns the result of {@link makeFailure} as a failed Result. */
export function refuse(reason: StatusReason, message: string): Failed<ApiStatus> {
  return failed(makeFailure(reason, message));
}
