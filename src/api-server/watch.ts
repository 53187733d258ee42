// Serves GET with watch=true: streams the store's events as JSON lines, filtered by the request's selectors.
import type { ServerResponse } from "node:http";
import { apiVersionOf } from "../apis/kinds.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { failed } from "../base/result.ts";
import { makeExpired } from "../control-plane/store/refusals.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import { filteredObjects, matchesFilter, type ObjectFilter, parseFilter } from "./object-filter.ts";
import { integerOf } from "./query-parameters.ts";
import { type ReadContext, tableRequest } from "./reads.ts";
import type { ResourcePath } from "./resource-path.ts";
import { makeTable, wantsTable } from "./table.ts";

/** Interval of BOOKMARK events with the newest resourceVersion. */
const BOOKMARK_MS = 60_000;
/** With more unsent bytes, the server disconnects the client, which then has to list again. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
/** The longest timer of Node, 24 days. */
const MAX_TIMEOUT_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

export function watchCollection(context: ReadContext, request: ApiRequest, path: ResourcePath): ApiAnswer {
  const { query } = request;
  const filter = parseFilter(path, query);
  if (!filter.ok) return statusAnswer(filter.error);
  const timeout = integerOf(query, "timeoutSeconds", 0);
  if (!timeout.ok) return statusAnswer(timeout.error);
  if (query.has("sendInitialEvents")) {
    const error =
      "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    return statusAnswer(makeFailure("BadRequest", error));
  }
  const version = query.get("resourceVersion") ?? "";
  if (!/^\d*$/.test(version)) {
    return statusAnswer(
      makeFailure("BadRequest", `resourceVersion: Invalid value: ${JSON.stringify(version)}: must be a number`),
    );
  }
  const watch = new WatchStream(context, request, path, filter.value);
  return { stream: (response) => watch.run(response, Number(version), timeout.value || undefined) };
}

class WatchStream {
  readonly #context: ReadContext;
  readonly #request: ApiRequest;
  readonly #path: ResourcePath;
  readonly #filter: ObjectFilter;

  constructor(context: ReadContext, request: ApiRequest, path: ResourcePath, filter: ObjectFilter) {
    this.#context = context;
    this.#request = request;
    this.#path = path;
    this.#filter = filter;
  }

  /** Streams until the client disconnects, the timeout or the server stops. With `since` 0, sends all objects first. */
  run(response: ServerResponse, since: number, timeoutSeconds: number | undefined): Promise<void> {
    const { store } = this.#context;
    const { signal, query } = this.#request;
    const { kind } = this.#path.resource;
    const { namespace } = this.#filter;
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const send = (type: string, text: string): void => {
      response.write(`{"type":"${type}","object":${text}}\n`);
      if (response.writableLength > MAX_UNSENT_BYTES) response.destroy();
    };
    if (since === 0) this.#sendPresent(send);
    const from = since === 0 ? store.version : since;
    // A version that is too new comes from another session, so the client has to list again.
    const watch =
      from > store.version
        ? failed(makeExpired(from, store.version))
        : store.watchSince(from, { kind, namespace }, (event) => this.#send(event, send));
    if (!watch.ok) {
      send("ERROR", JSON.stringify(watch.error));
      response.end();
      return Promise.resolve();
    }
    const bookmark = (): void => {
      if (query.get("allowWatchBookmarks") === "true") send("BOOKMARK", this.#bookmarkText());
    };
    return new Promise((resolve) => {
      const bookmarks = setInterval(bookmark, BOOKMARK_MS);
      const finish = (): void => {
        watch.value[Symbol.dispose]();
        clearInterval(bookmarks);
        clearTimeout(timeout);
        signal.removeEventListener("abort", finish);
        if (!response.writableEnded) response.end();
        resolve();
      };
      const expire = (): void => {
        bookmark();
        finish();
      };
      const timeout =
        timeoutSeconds === undefined
          ? undefined
          : setTimeout(expire, Math.min(timeoutSeconds, MAX_TIMEOUT_SECONDS) * 1000);
      signal.addEventListener("abort", finish);
      if (signal.aborted) finish();
    });
  }

  #sendPresent(send: (type: string, text: string) => void): void {
    const present = filteredObjects(this.#context.store, this.#path.resource.kind, this.#filter);
    for (const object of present) send("ADDED", this.#text(object));
  }

  /** An object that begins to match the selectors is ADDED for this client; one that no longer matches is DELETED. */
  #send({ type, object, old }: WatchEvent, send: (type: string, text: string) => void): void {
    const now = type !== "DELETED" && matchesFilter(object, this.#filter);
    const before = old !== undefined && matchesFilter(old, this.#filter);
    if (now) send(before ? "MODIFIED" : "ADDED", this.#text(object));
    else if (before) send("DELETED", this.#text(object));
  }

  #text(object: AnyObject): string {
    const { json, now } = this.#context;
    if (!wantsTable(this.#request.headers.accept)) return json.textOf(object);
    const version = object.metadata.resourceVersion ?? "";
    return JSON.stringify(makeTable([object], tableRequest(this.#request, this.#path, now(), version)));
  }

  #bookmarkText(): string {
    const { resource } = this.#path;
    const metadata = { resourceVersion: String(this.#context.store.version), creationTimestamp: null };
    return JSON.stringify({ kind: resource.name, apiVersion: apiVersionOf(resource), metadata });
  }
}
