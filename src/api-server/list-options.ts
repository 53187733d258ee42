// Parses the query parameters of lists and watches, and refuses combinations that Kubernetes refuses.
// Source: apimachinery pkg/apis/meta/internalversion/validation/validation.go.
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { optionsRefusal, type StatusCauseText } from "./options-refusal.ts";
import { isSet, wholeNumberOf } from "./query-parameters.ts";

export interface ListOptions {
  /** 0: no limit. */
  readonly limit: number;
  /** The token of the previous page; "" for a first page. */
  readonly continueToken: string;
  /** Absent: the newest version. 0: any version. */
  readonly version: number | undefined;
  /** Return exactly `version`, not a newer state. */
  readonly isExact: boolean;
  /** A watch begins with events for all present objects; absent: only if it has no version. */
  readonly sendInitialEvents: boolean | undefined;
  readonly wantsBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

const NOT_OLDER = "NotOlderThan";
const EXACT = "Exact";

export function parseListOptions(query: URLSearchParams, isWatch: boolean): Result<ListOptions, ApiStatus> {
  const limit = wholeNumberOf(query, "limit");
  if (!limit.ok) return limit;
  const timeout = wholeNumberOf(query, "timeoutSeconds");
  if (!timeout.ok) return timeout;
  if ((timeout.value ?? 0) < 0) return refuse("BadRequest", `timeoutSeconds must not be negative: ${timeout.value}`);
  const causes = [...matchCauses(query, isWatch)];
  if (causes.length > 0) return failed(optionsRefusal("ListOptions", causes));
  const version = parseVersion(query.get("resourceVersion") ?? "");
  if (!version.ok) return version;
  const continueToken = query.get("continue") ?? "";
  if (continueToken !== "" && version.value !== undefined && version.value > 0) {
    return refuse("BadRequest", "specifying resource version is not allowed when using continue");
  }
  return ok({
    limit: Math.max(0, limit.value ?? 0),
    continueToken,
    version: version.value,
    isExact: query.get("resourceVersionMatch") === EXACT,
    sendInitialEvents: query.has("sendInitialEvents") ? isSet(query, "sendInitialEvents") : undefined,
    wantsBookmarks: isSet(query, "allowWatchBookmarks"),
    timeoutSeconds: (timeout.value ?? 0) > 0 ? timeout.value : undefined,
  });
}

function matchCauses(query: URLSearchParams, isWatch: boolean): readonly StatusCauseText[] {
  const match = query.get("resourceVersionMatch") ?? "";
  const hasInitial = query.has("sendInitialEvents");
  return isWatch ? watchCauses(match, hasInitial, query) : listCauses(match, hasInitial, query);
}

function listCauses(match: string, hasInitial: boolean, query: URLSearchParams): readonly StatusCauseText[] {
  const version = query.get("resourceVersion") ?? "";
  const causes: StatusCauseText[] = [];
  if (hasInitial) causes.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
  if (match === "") return causes;
  if (version === "") {
    causes.push(
      forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"),
    );
  }
  if (query.get("continue")) {
    causes.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
  }
  if (match !== EXACT && match !== NOT_OLDER) causes.push(unsupported(match, [EXACT, NOT_OLDER, ""]));
  if (match === EXACT && version === "0") {
    const why = 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"';
    causes.push(forbidden("resourceVersionMatch", why));
  }
  return causes;
}

function watchCauses(match: string, hasInitial: boolean, query: URLSearchParams): readonly StatusCauseText[] {
  const causes: StatusCauseText[] = [];
  if (hasInitial && match !== NOT_OLDER) {
    const why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    causes.push(forbidden("resourceVersionMatch", why));
  }
  if (match === "") return causes;
  if (!hasInitial) {
    const why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    causes.push(forbidden("resourceVersionMatch", why));
  }
  if (match !== NOT_OLDER) causes.push(unsupported(match, [NOT_OLDER]));
  if (query.get("continue")) {
    causes.push(forbidden("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"));
  }
  return causes;
}

function forbidden(field: string, why: string): StatusCauseText {
  return { reason: "FieldValueForbidden", field, message: `Forbidden: ${why}` };
}

function unsupported(value: string, supported: readonly string[]): StatusCauseText {
  const list = supported.map((each) => JSON.stringify(each)).join(", ");
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`;
  return { reason: "FieldValueNotSupported", field: "resourceVersionMatch", message };
}

/** The largest unsigned number of 64 bits. */
const MAX_VERSION = 2n ** 64n - 1n;

function parseVersion(text: string): Result<number | undefined, ApiStatus> {
  if (text === "") return ok(undefined);
  const isNumber = /^\d+$/.test(text);
  if (isNumber && BigInt(text) <= MAX_VERSION) return ok(Number(text));
  const quoted = JSON.stringify(text);
  const why = `strconv.ParseUint: parsing ${quoted}: ${isNumber ? "value out of range" : "invalid syntax"}`;
  return refuse("BadRequest", `invalid resource version: resourceVersion: Invalid value: ${quoted}: ${why}`);
}
