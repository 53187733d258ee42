// What a request to the API is and what comes back, as values: handlers take one and return the other. It writes to no socket.
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { ApiStatus } from "../apis/meta/api-status.ts";

export interface ApiRequest {
  readonly method: string;
  /** Path without token and query, still encoded. */
  readonly path: string;
  /** What stood before the path: `/token/TOKEN`, or nothing. Links in answers carry it on. */
  readonly prefix: string;
  readonly query: URLSearchParams;
  /** Path and query as on the request line, without the token. */
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Who asks. */
  readonly user: string;
  /** Aborted when the client went away or the server stops. */
  readonly signal: AbortSignal;
}

export type Answer =
  | {
      readonly code: number;
      readonly json: unknown;
      readonly contentType?: string;
      readonly warnings?: readonly string[];
    }
  /** Written already as JSON text. */
  | { readonly code: number; readonly text: string; readonly contentType: string }
  /** The handler writes by itself until the request's signal is aborted or it returns; or it has written nothing and gives an answer. */
  | { readonly stream: (response: ServerResponse) => Promise<void> | Promise<Answer | undefined> };

export function json(code: number, body: unknown, warnings: readonly string[] = []): Answer {
  return { code, json: body, warnings };
}

export function refuse(status: ApiStatus): Answer {
  return { code: status.code, json: status };
}

/** What Kubernetes says of a path it does not know; kn tells a missing Knative by this text. */
export const pageNotFound: Answer = {
  code: 404,
  text: "404 page not found\n",
  contentType: "text/plain; charset=utf-8",
};
