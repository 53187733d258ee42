// Defines the typed client of knap's API, which CLI, terminal UI and test library use.
import type { LabelSelector } from "../apis/core/types.ts";
import type { Kind, ObjectOf } from "../apis/kinds.ts";
import type { ApiStatus } from "../apis/meta/api-status.ts";
import type { ObjectKey } from "../apis/meta/key.ts";
import type { AnyObject, Stored } from "../apis/meta/object.ts";

/** What a client needs to call the API of a session. */
export interface ApiAccess {
  /** `https://127.0.0.1:41234` */
  readonly address: string;
  readonly token: string;
  /** The PEM certificate of the authority that signed the API's certificate; undefined for plain http. */
  readonly authority?: string | undefined;
}

/** The API refused the call; `status` is its Kubernetes Status object. */
export class ApiError extends Error {
  readonly status: ApiStatus;
  constructor(status: ApiStatus) {
    super(status.message);
    this.name = "ApiError";
    this.status = status;
  }
}

type Patch =
  | { readonly type: "merge"; readonly body: unknown }
  | { readonly type: "json"; readonly body: readonly unknown[] };

export interface Written<T> {
  readonly object: T;
  /** Admission warnings. */
  readonly warnings: readonly string[];
}

export type ClientWatchEvent<K extends Kind> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: ObjectOf<K> }
  /** The watch starts again from a new list: drop all known objects; ADDED events follow. */
  | { readonly type: "RESTART" };

export interface LogsQuery {
  readonly container?: string | undefined;
  readonly follow?: boolean | undefined;
  readonly tail?: number | undefined;
  readonly sinceSeconds?: number | undefined;
  readonly timestamps?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Calls reject with {@link ApiError} when the API refuses, and with `TypeError` (fetch) when it cannot be reached. */
export interface Client {
  get<K extends Kind>(key: ObjectKey<K>): Promise<ObjectOf<K> | undefined>;
  list<K extends Kind>(
    kind: K,
    options?: { readonly namespace?: string | undefined; readonly labels?: LabelSelector | undefined },
  ): Promise<{ readonly items: readonly ObjectOf<K>[]; readonly resourceVersion: string }>;
  create<T extends AnyObject>(object: T, options?: { readonly dryRun?: boolean }): Promise<Written<Stored<T>>>;
  /** Full replace; 409 when resourceVersion is stale. */
  update<T extends AnyObject>(object: T): Promise<Written<Stored<T>>>;
  patch<K extends Kind>(key: ObjectKey<K>, patch: Patch): Promise<Written<ObjectOf<K>>>;
  /** Creates the object, or merges it with the last applied configuration, as client-side `kubectl apply` does. */
  apply(object: AnyObject): Promise<Written<Stored> & { readonly verdict: "created" | "configured" | "unchanged" }>;
  delete(
    key: ObjectKey,
    options?: { readonly propagation?: "Foreground" | "Background" | "Orphan"; readonly gracePeriodSeconds?: number },
  ): Promise<void>;
  /** Reports all objects, then changes, until the signal aborts; reconnects automatically. */
  watch<K extends Kind>(
    kind: K,
    options: { readonly namespace?: string | undefined; readonly signal: AbortSignal },
  ): AsyncIterable<ClientWatchEvent<K>>;
  logs(pod: { readonly namespace: string; readonly name: string }, options: LogsQuery): AsyncIterable<string>;
  /** Calls an endpoint of the API group `knap.dev`. Bodies are JSON. */
  knap<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T>;
}
