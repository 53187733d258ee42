// Implements the client over HTTP. Does not cache objects.
import { formatSelector } from "../apis/core/label-selector.ts";
import { type Kind, kindOf, type ObjectOf, resourceOf } from "../apis/kinds.ts";
import { keyOf, type ObjectKey } from "../apis/meta/key.ts";
import type { AnyObject, Stored } from "../apis/meta/object.ts";
import { sameJson } from "../base/json.ts";
import { type ApiAccess, ApiError, type Client, type LogsQuery, type Written } from "./client.ts";
import { type ApiReply, HttpTransport, readLines } from "./http-transport.ts";
import { collectionPath, objectPath } from "./resource-path.ts";
import { lastApplied, makeThreeWayPatch, withLastApplied } from "./three-way-merge.ts";
import { watchLoop } from "./watch-loop.ts";

export function makeHttpClient(access: ApiAccess): Client {
  return new HttpClient(new HttpTransport(access));
}

class HttpClient implements Client {
  readonly #transport: HttpTransport;

  constructor(transport: HttpTransport) {
    this.#transport = transport;
  }

  async get<K extends Kind>(key: ObjectKey<K>): Promise<ObjectOf<K> | undefined> {
    try {
      return (await this.#transport.call({ method: "GET", path: objectPath(key) })).json as ObjectOf<K>;
    } catch (error) {
      if (error instanceof ApiError && error.status.code === 404) return undefined;
      throw error;
    }
  }

  async list<K extends Kind>(
    kind: K,
    options: Parameters<Client["list"]>[1] = {},
  ): Promise<{ readonly items: readonly ObjectOf<K>[]; readonly resourceVersion: string }> {
    const selector = formatSelector(options.labels ?? {});
    const query = selector === "" ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
    const path = collectionPath(kind, options.namespace) + query;
    const { json } = await this.#transport.call({ method: "GET", path });
    const list = json as { items: readonly ObjectOf<K>[]; metadata: { resourceVersion: string } };
    return { items: list.items, resourceVersion: list.metadata.resourceVersion };
  }

  async create<T extends AnyObject>(
    object: T,
    options: { readonly dryRun?: boolean } = {},
  ): Promise<Written<Stored<T>>> {
    const path = collectionPath(kindOf(object), object.metadata.namespace ?? "default");
    const query = options.dryRun ? "?dryRun=All" : "";
    return written(await this.#transport.call({ method: "POST", path: path + query, body: object }));
  }

  async update<T extends AnyObject>(object: T): Promise<Written<Stored<T>>> {
    return written(await this.#transport.call({ method: "PUT", path: objectPath(keyOf(object)), body: object }));
  }

  async patch<K extends Kind>(key: ObjectKey<K>, patch: Parameters<Client["patch"]>[1]): Promise<Written<ObjectOf<K>>> {
    const contentType = patch.type === "merge" ? "application/merge-patch+json" : "application/json-patch+json";
    const call = { method: "PATCH", path: objectPath(key), body: patch.body, contentType };
    return written(await this.#transport.call(call));
  }

  async apply(object: AnyObject): ReturnType<Client["apply"]> {
    const modified = withLastApplied(inNamespace(object));
    const key = keyOf(modified);
    const current = (await this.get(key)) as Stored | undefined;
    if (!current) return { ...(await this.create(modified)), verdict: "created" };
    const patch = makeThreeWayPatch(lastApplied(current), modified, current);
    if (Object.keys(patch).length === 0) return { object: current, warnings: [], verdict: "unchanged" };
    const patched = await this.patch(key, { type: "merge", body: patch });
    // The server may add the same defaults to a list that the patch replaces. Then nothing changes.
    return { ...patched, verdict: sameJson(intentOf(current), intentOf(patched.object)) ? "unchanged" : "configured" };
  }

  async delete(key: ObjectKey, options: Parameters<Client["delete"]>[1] = {}): Promise<void> {
    const { propagation, gracePeriodSeconds } = options;
    const body = { propagationPolicy: propagation, gracePeriodSeconds };
    await this.#transport.call({ method: "DELETE", path: objectPath(key), body });
  }

  watch<K extends Kind>(kind: K, options: { readonly namespace?: string; readonly signal: AbortSignal }) {
    return watchLoop<K>(this.#transport, collectionPath(kind, options.namespace), options.signal);
  }

  async *logs(pod: { readonly namespace: string; readonly name: string }, options: LogsQuery): AsyncGenerator<string> {
    const query = new URLSearchParams({
      ...(options.container === undefined ? {} : { container: options.container }),
      ...(options.follow ? { follow: "true" } : {}),
      ...(options.timestamps ? { timestamps: "true" } : {}),
      ...(options.tail === undefined ? {} : { tailLines: String(options.tail) }),
      ...(options.sinceSeconds === undefined ? {} : { sinceSeconds: String(options.sinceSeconds) }),
    });
    const path = `${objectPath({ kind: "Pod", ...pod })}/log?${query}`;
    const { signal } = options;
    try {
      yield* readLines(await this.#transport.stream({ method: "GET", path, signal }));
    } catch (error) {
      if (!signal?.aborted) throw error;
    }
  }

  async knap<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> {
    return (await this.#transport.call({ method, path: `/apis/knap.dev/v1${path}`, body })).json as T;
  }
}

function written<T>({ json, warnings }: ApiReply): Written<T> {
  return { object: json as T, warnings };
}

function inNamespace(object: AnyObject): AnyObject {
  if (resourceOf(kindOf(object))?.namespaced === false) return object;
  const namespace = object.metadata.namespace ?? "default";
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Returns the object without status, resourceVersion, generation and managedFields. */
function intentOf(object: AnyObject): unknown {
  const { status: _, metadata, ...content } = object;
  const { resourceVersion, generation, managedFields, ...own } = metadata;
  return { ...content, metadata: own };
}
