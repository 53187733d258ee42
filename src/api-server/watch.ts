// Serves GET with watch=true: streams the store's events as JSON lines, filtered by the request's selectors.

import { apiVersionOf } from "../apis/kinds.ts";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject, StringMap } from "../apis/meta/object.ts";
import { failed, type Result } from "../base/result.ts";
import { makeExpired } from "../control-plane/store/refusals.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import type { Exchange } from "../data-plane/http/exchange.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import { type ListOptions, parseListOptions } from "./list-options.ts";
import { filteredObjects, matchesFilter, type ObjectFilter, parseFilter } from "./object-filter.ts";
import type { ReadContext } from "./reads.ts";
import { type Representation, representBookmark, representEvent } from "./representation.ts";
import { startStream } from "./send-answer.ts";

type Send = (type: string, text: string) => void;

/** Interval of BOOKMARK events with the newest resourceVersion. */
const BOOKMARK_MS = 60_000;
/** With more unsent bytes, the server disconnects the client, which then has to list again. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
/** The longest timer of Node, 24 days. */
const MAX_TIMEOUT_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

export function watchCollection(context: ReadContext, request: ApiRequest, wanted: Representation): ApiAnswer {
  const { query } = request;
  const filter = parseFilter(wanted.path, query);
  if (!filter.ok) return statusAnswer(filter.error);
  const options = parseListOptions(query, true);
  if (!options.ok) return statusAnswer(options.error);
  if (wanted.media !== "json") {
    const message = "only the following media types are accepted: application/json";
    return statusAnswer(makeFailure("NotAcceptable", message));
  }
  const watch = new WatchStream(context, wanted, filter.value, options.value);
  return { stream: (exchange) => watch.run(exchange, request.signal) };
}

class WatchStream {
  readonly #context: ReadContext;
  readonly #wanted: Representation;
  readonly #filter: ObjectFilter;
  readonly #options: ListOptions;
  #isFirst = true;

  constructor(context: ReadContext, wanted: Representation, filter: ObjectFilter, options: ListOptions) {
    this.#context = context;
    this.#wanted = wanted;
    this.#filter = filter;
    this.#options = options;
  }

  /** Streams until the client disconnects, the timeout or the server stops. */
  run(exchange: Exchange, signal: AbortSignal): Promise<void> {
    const { timeoutSeconds, wantsBookmarks } = this.#options;
    const body = startStream(exchange, "application/json");
    const send = (type: string, text: string): void => {
      body.write(`{"type":"${type}","object":${text}}\n`);
      if (body.writableLength > MAX_UNSENT_BYTES) exchange.abort("the client reads too slowly");
    };
    const watch = this.#begin(send);
    if (!watch.ok) {
      send("ERROR", JSON.stringify(watch.error));
      body.end();
      return Promise.resolve();
    }
    const bookmark = (): void => {
      if (wantsBookmarks) send("BOOKMARK", this.#bookmarkText());
    };
    return new Promise((resolve) => {
      const bookmarks = setInterval(bookmark, BOOKMARK_MS);
      const finish = (): void => {
        watch.value[Symbol.dispose]();
        clearInterval(bookmarks);
        clearTimeout(timeout);
        signal.removeEventListener("abort", finish);
        if (!body.writableEnded) body.end();
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

  /** Sends the present objects if the request asks for them, and subscribes to later events. */
  #begin(send: Send): Result<Disposable, ApiStatus> {
    const { store } = this.#context;
    const { version = 0, sendInitialEvents, wantsBookmarks } = this.#options;
    // Such a version comes from another session, so the client has to list again.
    if (version > store.version || (version > 0 && version < store.firstVersion)) {
      return failed(makeExpired(version, store.version));
    }
    const sendsPresent = sendInitialEvents ?? version === 0;
    if (sendsPresent) this.#sendPresent(send);
    if (sendInitialEvents && wantsBookmarks) send("BOOKMARK", this.#bookmarkText(INITIAL_EVENTS_END));
    const { kind } = this.#wanted.path.resource;
    const { namespace } = this.#filter;
    const from = sendsPresent || version === 0 ? store.version : version;
    return store.watchSince(from, { kind, namespace }, (event) => this.#send(event, send));
  }

  #sendPresent(send: Send): void {
    const { kind } = this.#wanted.path.resource;
    const present = filteredObjects((selection) => this.#context.store.list(kind, selection), this.#filter);
    for (const object of present) send("ADDED", this.#text(object));
  }

  /** An object that begins to match the selectors is ADDED for this client; one that no longer matches is DELETED. */
  #send({ type, object, old }: WatchEvent, send: Send): void {
    const now = type !== "DELETED" && matchesFilter(object, this.#filter);
    const before = old !== undefined && matchesFilter(old, this.#filter);
    if (now) send(before ? "MODIFIED" : "ADDED", this.#text(object));
    else if (before) send("DELETED", this.#text(type === "DELETED" ? object : withVersionOf(old, object)));
  }

  #text(object: AnyObject): string {
    if (this.#wanted.as === undefined) return this.#context.json.textOf(object);
    const text = JSON.stringify(representEvent(this.#wanted, object, this.#isFirst));
    this.#isFirst = false;
    return text;
  }

  #bookmarkText(annotations?: StringMap): string {
    const { as, path } = this.#wanted;
    const metadata = {
      resourceVersion: String(this.#context.store.version),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    if (as === undefined) {
      return JSON.stringify({ kind: path.resource.name, apiVersion: apiVersionOf(path.resource), metadata });
    }
    return JSON.stringify(representBookmark(this.#wanted, metadata));
  }
}

/** Marks the bookmark that follows the initial events. */
const INITIAL_EVENTS_END: StringMap = { "k8s.io/initial-events-end": "true" };

/** The last state that matched, with the version of the write after which it does not. */
function withVersionOf(old: AnyObject, { metadata: { resourceVersion = "" } }: AnyObject): AnyObject {
  return { ...old, metadata: { ...old.metadata, resourceVersion } };
}
