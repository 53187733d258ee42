// GET with watch=true: the store's events as a stream of JSON lines, filtered as the request asks. It polls nothing.

import type { ServerResponse } from "node:http";
import { apiVersionOf } from "../apis/kinds.ts";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { makeExpired } from "../control-plane/store/refusals.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";
import { type Answer, type ApiRequest, refuse } from "./answer.ts";
import { type Reading, tableOptions } from "./reads.ts";
import { type Choice, chosenObjects, isChosen, parseChoice } from "./selection.ts";
import { makeTable, wantsTable } from "./table.ts";
import type { Target } from "./target.ts";

/** How often a quiet watch that allows bookmarks learns the newest version. */
const BOOKMARK_MS = 60_000;
/** A client that reads slower than this many unsent bytes is cut off; it lists anew. */
const MOST_UNSENT = 16 * 1024 * 1024;

export function watchCollection(reading: Reading, request: ApiRequest, target: Target): Answer {
  const { query } = request;
  const choice = parseChoice(target, query);
  if ("refused" in choice) return refuse(choice.refused);
  if (query.has("sendInitialEvents")) {
    const why =
      "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
    return refuse(makeFailure("BadRequest", why));
  }
  const version = query.get("resourceVersion") ?? "";
  if (!/^\d*$/.test(version)) {
    return refuse(
      makeFailure("BadRequest", `resourceVersion: Invalid value: ${JSON.stringify(version)}: must be a number`),
    );
  }
  return { stream: (response) => new WatchStream(reading, request, target, choice).run(response, Number(version)) };
}

class WatchStream {
  readonly #reading: Reading;
  readonly #request: ApiRequest;
  readonly #target: Target;
  readonly #choice: Choice;

  constructor(reading: Reading, request: ApiRequest, target: Target, choice: Choice) {
    this.#reading = reading;
    this.#request = request;
    this.#target = target;
    this.#choice = choice;
  }

  /** Streams until the client leaves, the asked time is over or the server stops. `since` 0: what is there comes first. */
  run(response: ServerResponse, since: number): Promise<void> {
    const { store } = this.#reading;
    const { signal, query } = this.#request;
    const { kind } = this.#target.resource;
    const { namespace } = this.#choice;
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    const send = (type: string, text: string): void => {
      response.write(`{"type":"${type}","object":${text}}\n`);
      if (response.writableLength > MOST_UNSENT) response.destroy();
    };
    if (since === 0) this.#sendPresent(send);
    const from = since === 0 ? store.version : since;
    // a version of the future comes from another session: its client has to start anew, too
    const watch =
      from > store.version
        ? { refused: makeExpired(from, store.version) }
        : store.watch({ kind, since: from, ...(namespace === undefined ? {} : { namespace }) }, (event) =>
            this.#send(event, send),
          );
    if ("refused" in watch) {
      send("ERROR", JSON.stringify(watch.refused));
      response.end();
      return Promise.resolve();
    }
    const bookmark = (): void => {
      if (query.get("allowWatchBookmarks") === "true") send("BOOKMARK", this.#bookmarkText());
    };
    return new Promise((resolve) => {
      const bookmarks = setInterval(bookmark, BOOKMARK_MS);
      const seconds = Number(query.get("timeoutSeconds") ?? "") || undefined;
      const finish = (): void => {
        watch[Symbol.dispose]();
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
      const timeout = seconds === undefined ? undefined : setTimeout(expire, seconds * 1000);
      signal.addEventListener("abort", finish);
      if (signal.aborted) finish();
    });
  }

  #sendPresent(send: (type: string, text: string) => void): void {
    const present = chosenObjects(this.#reading.store, this.#target.resource.kind, this.#choice);
    for (const object of present) send("ADDED", this.#text(object));
  }

  /** An object that comes to match is added for this client, one that ceases to match is deleted. */
  #send({ type, object, old }: WatchEvent, send: (type: string, text: string) => void): void {
    const now = type !== "DELETED" && isChosen(object, this.#choice);
    const before = old !== undefined && isChosen(old, this.#choice);
    if (now) send(before ? "MODIFIED" : "ADDED", this.#text(object));
    else if (before) send("DELETED", this.#text(object));
  }

  #text(object: AnyObject): string {
    const { texts, now } = this.#reading;
    if (!wantsTable(this.#request.headers.accept)) return texts.of(object);
    const version = object.metadata.resourceVersion ?? "";
    return JSON.stringify(makeTable([object], tableOptions(this.#request, this.#target, now(), version)));
  }

  #bookmarkText(): string {
    const { resource } = this.#target;
    const metadata = { resourceVersion: String(this.#reading.store.version), creationTimestamp: null };
    return JSON.stringify({ kind: resource.name, apiVersion: apiVersionOf(resource), metadata });
  }
}
