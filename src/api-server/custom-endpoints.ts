// Serves the API group knap.dev. Its paths are endpoints of knap, not Kubernetes resources.
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { type ApiAnswer, type ApiRequest, json, statusAnswer } from "./api-answer.ts";
import { jsonBody } from "./request-body.ts";
import { decodePath } from "./resource-path.ts";

export interface EndpointRequest {
  /** The other path segments: for `/clock/run`, `["run"]`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** The JSON body; undefined if there is none. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}
/** Returns a JSON value or a refusal. */
export type EndpointHandler = (
  request: EndpointRequest,
) => unknown | Promise<unknown> | { readonly refused: ApiStatus };
/** Handlers, keyed by method and first path segment after the group, for example `GET /status`. */
export type EndpointHandlers = ReadonlyMap<string, EndpointHandler>;

const PREFIX = "/apis/knap.dev/v1/";

/** Calls the handler; 404 if there is none; undefined if the path is not in the API group knap.dev. */
export async function callEndpoint(
  handlers: EndpointHandlers | undefined,
  request: ApiRequest,
): Promise<ApiAnswer | undefined> {
  if (!request.path.startsWith(PREFIX)) return undefined;
  const [name = "", ...path] = decodePath(request.path.slice(PREFIX.length)) ?? [];
  const handler = handlers?.get(`${request.method} /${name}`);
  if (!handler) return statusAnswer(makeFailure("NotFound", `knap.dev has no endpoint ${request.method} /${name}`));
  const given = jsonBody(request);
  if (!given.ok) return statusAnswer(given.error);
  const result = await handler({ path, query: request.query, body: given.value, signal: request.signal });
  return isRefusal(result) ? statusAnswer(result.refused) : json(200, result ?? {});
}

function isRefusal(result: unknown): result is { readonly refused: ApiStatus } {
  return typeof result === "object" && result !== null && "refused" in result;
}
