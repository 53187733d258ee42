// Names the field manager of a request, and gives the store the function that computes the managers of a write.

import { apiVersionOf } from "../apis/kinds.ts";
import type { ApiStatus } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { mergeSchemaOf } from "../apis/schema/merge-schema.ts";
import { isPrintable, quote } from "../base/go/quote.ts";
import { type Failed, failed, ok, type Result } from "../base/result.ts";
import { timeText } from "../base/time.ts";
import { type FieldWrite, managersAfterUpdate } from "../control-plane/field-manager/field-manager.ts";
import { EMPTY, setOf } from "../control-plane/field-manager/field-set.ts";
import type { Writer } from "../control-plane/field-manager/managers.ts";
import type { WriteOptions } from "../control-plane/store/outcome.ts";
import { headerValue } from "../data-plane/http/headers.ts";
import type { ApiRequest } from "./api-answer.ts";
import { OPTIONS_OF, optionsRefusal } from "./options-refusal.ts";
import type { ResourcePath } from "./resource-path.ts";

const MAX_BYTES = 128;
/** A write of /status changes only the status; a write of a kind with /status does not change the status. */
const STATUS = setOf(["status"]);
const ALL_BUT_STATUS = setOf(["apiVersion"], ["kind"], ["metadata"], ["spec"]);

/** Returns the query parameter `fieldManager`, or the name of the client's program. Fails with 422 if it is invalid. */
export function fieldManagerOf({ query, method, headers }: ApiRequest): Result<string, ApiStatus> {
  const given = query.get("fieldManager") ?? "";
  if (given === "") return ok(programName(headerValue(headers, "user-agent") ?? "") || "unknown");
  if (Buffer.byteLength(given) > MAX_BYTES) {
    return refused(method, "FieldValueTooLong", `Too long: may not be more than ${MAX_BYTES} bytes`);
  }
  let at = 0;
  for (const character of given) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      const message = `Invalid value: ${quote(given)}: invalid character U+${code} (at position ${at})`;
      return refused(method, "FieldValueInvalid", message);
    }
    at += Buffer.byteLength(character);
  }
  return ok(given);
}

function refused(method: string, reason: string, message: string): Failed<ApiStatus> {
  return failed(optionsRefusal(OPTIONS_OF[method] ?? "PatchOptions", [{ reason, field: "fieldManager", message }]));
}

/** Returns the user agent up to its first slash, without characters that a field manager must not have. */
function programName(userAgent: string): string {
  let name = "";
  for (const character of userAgent.split("/")[0] ?? "") {
    if (!isPrintable(character)) continue;
    if (Buffer.byteLength(name + character) > MAX_BYTES) break;
    name += character;
  }
  return name;
}

export function fieldWrite(
  { resource, subresource }: ResourcePath,
  { manager, operation, now }: Pick<Writer, "manager" | "operation"> & { readonly now: number },
): FieldWrite {
  const untouched = resource.statusSubresource ? STATUS : EMPTY;
  return {
    schema: mergeSchemaOf(resource.kind),
    writer: {
      manager,
      operation,
      apiVersion: apiVersionOf(resource),
      ...(subresource !== undefined && { subresource }),
    },
    ignored: subresource === "status" ? ALL_BUT_STATUS : untouched,
    now: timeText(now),
  };
}

/** Returns the function that computes the managers of an update or create, for the store. */
export function managerOfUpdate(
  write: FieldWrite,
  live: AnyObject | undefined,
  asked: AnyObject,
): NonNullable<WriteOptions["manage"]> {
  return (admitted) => ok(managersAfterUpdate(write, { live, asked, admitted }));
}
