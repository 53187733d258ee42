// Routes requests for the API group knap.dev. Its paths are custom endpoints, not Kubernetes resources. The caller
// passes the handlers.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { jsonBody } from "./request-body.ts";
import { decodePath } from "./resource-path.ts";

export interface VerbRequest {
  /** The path after the verb: for `/explain/default/hello`, `["default", "hello"]`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The JSON body; undefined if there is none. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}
/** Returns a JSON value or a refusal. For an AsyncIterable, the server streams one JSON line per value. */
export type VerbHandler = (
  request: VerbRequest,
) => unknown | Promise<unknown> | { readonly refused: ApiStatus } | AsyncIterable<unknown>;
/** Handlers, keyed by method and first path segment after the group, for example `GET /status`. */
export type Verbs = ReadonlyMap<string, VerbHandler>;

const PREFIX = "/apis/knap.dev/v1/";

/**
 * Runs the handler and returns its answer; 404 if there is no handler; undefined if the path is not below
 * /apis/knap.dev/v1/.
 */
export async function callVerb(verbs: Verbs | undefined, request: ApiRequest): Promise<ApiAnswer | undefined> {
  if (!request.path.startsWith(PREFIX)) return undefined;
  const [verb = "", ...path] = decodePath(request.path.slice(PREFIX.length)) ?? [];
  const handler = verbs?.get(`${request.method} /${verb}`);
  if (!handler) return statusAnswer(makeFailure("NotFound", `knap.dev has no verb ${request.method} /${verb}`));
  const parsed = jsonBody(request);
  if ("refused" in parsed) return statusAnswer(parsed.refused);
  const result = await handler({ path, query: request.query, body: parsed.body, signal: request.signal });
  if (isRefusal(result)) return statusAnswer(result.refused);
  if (!isAsyncIterable(result)) return json(200, result ?? {});
  return {
    stream: async (response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      response.flushHeaders();
      for await (const value of result) {
        if (request.signal.aborted) break;
        response.write(`${JSON.stringify(value)}\n`);
      }
      response.end();
    },
  };
}

function isRefusal(result: unknown): result is { readonly refused: ApiStatus } {
  return typeof result === "object" && result !== null && "refused" in result;
}

function isAsyncIterable(result: unknown): result is AsyncIterable<unknown> {
  return typeof result === "object" && result !== null && Symbol.asyncIterator in result;
}
