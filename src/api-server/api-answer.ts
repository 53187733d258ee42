// Defines the request and the answer of an API call. Handlers take an ApiRequest and return an ApiAnswer.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { Exchange, RawHeaders } from "../data-plane/http/exchange.ts";

export interface ApiRequest {
  readonly method: string;
  /** Encoded path without token and query. */
  readonly path: string;
  /** The prefix `/token/TOKEN` of the original path, or "". Links in answers start with it. */
  readonly prefix: string;
  readonly query: URLSearchParams;
  /** Path and query of the request line, without the token. */
  readonly url: string;
  readonly headers: RawHeaders;
  readonly body: Buffer;
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
  /** The body is text, not a JSON value. */
  | {
      readonly code: number;
      readonly text: string;
      readonly contentType: string;
      readonly warnings?: readonly string[] | undefined;
    }
  /**
   * The handler writes the response itself. If it returns an answer, it has written nothing, and the server sends that
   * answer.
   */
  | { readonly stream: (exchange: Exchange) => Promise<void> | Promise<ApiAnswer | undefined> };

export function json(code: number, body: unknown, warnings: readonly string[] = []): ApiAnswer {
  return { code, json: body, warnings };
}

export function statusAnswer(status: ApiStatus): ApiAnswer {
  return { code: status.code, json: status };
}

/** Returns a 415 that lists the accepted media types. */
export function unsupportedMedia(...accepted: readonly string[]): ApiStatus {
  const text = "the body of the request was in an unknown format - accepted media types include:";
  return makeFailure("UnsupportedMediaType", `${text} ${accepted.join(", ")}`);
}

/** Kubernetes' answer to an unknown path. kn detects a cluster without Knative by this text. */
export const pageNotFound: ApiAnswer = {
  code: 404,
  text: "404 page not found\n",
  contentType: "text/plain; charset=utf-8",
};
