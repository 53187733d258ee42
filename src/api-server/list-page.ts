// Reads one page of a list. The pages of a list show the state of its first page.
import { type ApiStatus, makeFailure, refuse } from "../apis/meta/api-status.ts";
import { namespacedName } from "../apis/meta/key.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import type { ObjectReader } from "./derived/derived-reader.ts";
import type { ListOptions } from "./list-options.ts";
import { filteredObjects, type ObjectFilter } from "./object-filter.ts";
import type { ResourcePath } from "./resource-path.ts";

export interface ListPage {
  readonly objects: readonly AnyObject[];
  readonly metadata: {
    readonly resourceVersion: string;
    readonly continue?: string;
    readonly remainingItemCount?: number;
  };
}

interface PageStart {
  /** Absent: the newest version, so that this page may not match the pages before. */
  readonly version: number | undefined;
  /** Path of the last object of the previous page. */
  readonly after: string;
}

export function readPage(
  store: ObjectReader,
  { resource }: ResourcePath,
  filter: ObjectFilter,
  options: ListOptions,
): Result<ListPage, ApiStatus> {
  const start = parseToken(options.continueToken);
  if (!start.ok) return start;
  const wanted = start.value?.version ?? (options.isExact ? options.version : undefined);
  if (Math.max(wanted ?? 0, options.version ?? 0) > store.version) {
    return failed(tooLarge(options.version ?? wanted ?? 0, store.version));
  }
  let objects: readonly AnyObject[];
  if (wanted === undefined || wanted === store.version) {
    objects = filteredObjects((selection) => store.list(resource.kind, selection), filter);
  } else {
    const all = store.listAt(wanted, resource.kind, filter);
    if (!all.ok) return start.value ? failed(expiredToken(start.value)) : all;
    objects = filteredObjects(() => all.value, filter);
  }
  return ok(cut(objects, start.value?.after, filter, options, wanted ?? store.version));
}

/** As the watch cache of Kubernetes, version 0 ignores the limit. */
function cut(
  all: readonly AnyObject[],
  after: string | undefined,
  { labels, fields }: ObjectFilter,
  { limit, version }: ListOptions,
  listed: number,
): ListPage {
  const rest = after === undefined ? all : all.filter((object) => pathOf(object) > after);
  const resourceVersion = String(listed);
  const last = limit > 0 && version !== 0 && limit < rest.length ? rest[limit - 1] : undefined;
  if (!last) return { objects: rest, metadata: { resourceVersion } };
  const isSelected =
    fields.length > 0 || Object.keys(labels.matchLabels ?? {}).length > 0 || (labels.matchExpressions ?? []).length > 0;
  const metadata = {
    resourceVersion,
    continue: tokenOf({ version: listed, after: pathOf(last) }),
    // As Kubernetes, which counts no objects that a selector would have to inspect.
    ...(!isSelected && { remainingItemCount: rest.length - limit }),
  };
  return { objects: rest.slice(0, limit), metadata };
}

function pathOf({ metadata: { namespace = "", name } }: AnyObject): string {
  return namespacedName({ namespace, name });
}

function tokenOf(start: PageStart): string {
  return Buffer.from(JSON.stringify(start)).toString("base64url");
}

function parseToken(token: string): Result<PageStart | undefined, ApiStatus> {
  if (token === "") return ok(undefined);
  const invalid = refuse("BadRequest", "continue key is not valid: it is not a token of this server");
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, "base64url").toString());
  } catch {
    return invalid;
  }
  if (!isFields(read) || typeof read["after"] !== "string") return invalid;
  const version = read["version"];
  if (version !== undefined && !Number.isSafeInteger(version)) return invalid;
  return ok({ version: version as number | undefined, after: read["after"] });
}

/** Returns a 410 with a token that continues the list in its newest state. */
function expiredToken({ after }: PageStart): ApiStatus {
  const message =
    "The provided continue parameter is too old to display a consistent list result. You can start a new list " +
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the " +
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, " +
    "modified, or deleted between the time the first chunk was returned and now may show up in the list.";
  return { ...makeFailure("Expired", message), metadata: { continue: tokenOf({ version: undefined, after }) } };
}

/** Returns a 504: clients list again without a version. */
function tooLarge(wanted: number, newest: number): ApiStatus {
  const message = `Too large resource version: ${wanted}, current: ${newest}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  return makeFailure("Timeout", message, { causes, retryAfterSeconds: 1 });
}
