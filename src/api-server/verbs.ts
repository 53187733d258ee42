// The group knap.dev: verbs of the emulator that Kubernetes has no word for. The emulator hands the handlers in; here they are only found.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { type Answer, type ApiRequest, json, refuse } from "./answer.ts";
import { jsonBody } from "./request-body.ts";
import { decodePath } from "./target.ts";

export interface VerbRequest {
  /** What follows the verb in the path: `/explain/default/hello` gives `["default", "hello"]`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The JSON body, if any. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}
/** A JSON value, or why not. An AsyncIterable is sent as one JSON line per value, as it comes. */
export type VerbHandler = (
  request: VerbRequest,
) => unknown | Promise<unknown> | { readonly refused: ApiStatus } | AsyncIterable<unknown>;
/** Keys are method and first word of the path: `GET /status`. */
export type Verbs = ReadonlyMap<string, VerbHandler>;

const PREFIX = "/apis/knap.dev/v1/";

/** The answer of a verb; undefined when the path is not one of the group. */
export async function callVerb(verbs: Verbs | undefined, request: ApiRequest): Promise<Answer | undefined> {
  if (!request.path.startsWith(PREFIX)) return undefined;
  const [verb = "", ...path] = decodePath(request.path.slice(PREFIX.length)) ?? [];
  const handler = verbs?.get(`${request.method} /${verb}`);
  if (!handler) return refuse(makeFailure("NotFound", `knap.dev has no verb ${request.method} /${verb}`));
  const parsed = jsonBody(request);
  if ("refused" in parsed) return refuse(parsed.refused);
  const result = await handler({ path, query: request.query, body: parsed.body, signal: request.signal });
  if (isRefusal(result)) return refuse(result.refused);
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
