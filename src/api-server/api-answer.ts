// A request to the API and its answer as values: handlers take an ApiRequest and return an ApiAnswer.
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { ApiStatus } from "../apis/meta/api-status.ts";

export interface ApiRequest {
  readonly method: string;
  /** Encoded path without token and query. */
  readonly path: string;
  /** `/token/TOKEN` if the path began with it, else "". Links in answers begin with it. */
  readonly prefix: string;
  readonly query: URLSearchParams;
  /** Path and query of the request line, without the token. */
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Name of the user. */
  readonly user: string;
  /** Aborted when the client disconnects or the server stops. */
  readonly signal: AbortSignal;
}

export type ApiAnswer =
  | {
      readonly code: number;
      readonly json: unknown;
      readonly contentType?: string | undefined;
      readonly warnings?: readonly string[] | undefined;
    }
  /** A body that is text already. */
  | { readonly code: number; readonly text: string; readonly contentType: string }
  /**
   * The handler writes the response itself until it returns or the request's signal aborts. If it
   * returns an answer, it has written nothing and the server sends that answer.
   */
  | { readonly stream: (response: ServerResponse) => Promise<void> | Promise<ApiAnswer | undefined> };

export function json(code: number, body: unknown, warnings: readonly string[] = []): ApiAnswer {
  return { code, json: body, warnings };
}

export function statusAnswer(status: ApiStatus): ApiAnswer {
  return { code: status.code, json: status };
}

/** Kubernetes' answer for an unknown path. kn recognizes a cluster without Knative by this text. */
export const pageNotFound: ApiAnswer = {
  code: 404,
  text: "404 page not found\n",
  contentType: "text/plain; charset=utf-8",
};
