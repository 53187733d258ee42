// Defines the answer of `GET /requests` of the API group knap.dev: which revision and pod answered a request.
import type { ColdStart } from "./live.ts";

/** A request with this header can be found under its value while it is among the newest 2000 of them. */
export const REQUEST_ID_HEADER = "Knap-Request-Id";

export interface AnsweredBy {
  /** `namespace/name` */
  readonly revision: string;
  /** Absent if no pod got the request. */
  readonly pod?: string | undefined;
  /** Present once the response began, if the request waited for the start of the pod. */
  readonly coldStart?: ColdStart | undefined;
}
