// Watches a collection and reconnects: continues at the last version, or lists again if the server no longer has the
// history.
import type { Kind, ObjectOf } from "../apis/kinds.ts";
import type { ApiStatus } from "../apis/meta/api-status.ts";
import { sleep } from "../base/sleep.ts";
import { ApiError, type ClientWatchEvent } from "./client.ts";
import { type HttpTransport, readLines } from "./http-transport.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

interface WireEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: { readonly metadata: { readonly resourceVersion?: string } };
}

/**
 * Reports all objects, then every change, until the signal aborts. Rejects if the first list fails or the API answers
 * with a 4xx status.
 */
export async function* watchLoop<K extends Kind>(
  transport: HttpTransport,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<ClientWatchEvent<K>> {
  let version: string | undefined;
  let listed = false;
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const { json } = await transport.call({ method: "GET", path, signal });
        const list = json as { items: readonly ObjectOf<K>[]; metadata: { resourceVersion: string } };
        if (listed) yield { type: "RESTART" };
        listed = true;
        for (const object of list.items) yield { type: "ADDED", object };
        version = list.metadata.resourceVersion;
      }
      for await (const event of follow(transport, path, version, signal)) {
        pauseMs = FIRST_PAUSE_MS;
        if (event.type === "ERROR") throw new ApiError(event.object as unknown as ApiStatus);
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type !== "BOOKMARK") yield event as unknown as ClientWatchEvent<K>;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) version = undefined;
      // A retry would get the same 4xx answer. At the first list, report the error to the caller.
      else if (!listed || (error instanceof ApiError && error.status.code < 500)) throw error;
    }
    await sleep(pauseMs, signal);
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
  }
}

async function* follow(
  transport: HttpTransport,
  path: string,
  version: string,
  signal: AbortSignal,
): AsyncGenerator<WireEvent> {
  const query = `watch=true&allowWatchBookmarks=true&resourceVersion=${version}`;
  const stream = await transport.stream({
    method: "GET",
    path: `${path}${path.includes("?") ? "&" : "?"}${query}`,
    signal,
  });
  for await (const line of readLines(stream)) if (line !== "") yield JSON.parse(line) as WireEvent;
}

function isExpired(error: unknown): boolean {
  return error instanceof ApiError && error.status.code === 410;
}
