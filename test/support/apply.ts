// Server-side apply without a server and without admission: objects in, objects out.

import { kindOf } from "../../src/apis/kinds.ts";
import type { ApiStatus } from "../../src/apis/meta/api-status.ts";
import type { AnyObject } from "../../src/apis/meta/object.ts";
import { mergeSchemaOf } from "../../src/apis/schema/merge-schema.ts";
import { ok, type Result } from "../../src/base/result.ts";
import {
  managersAfterApply,
  managersAfterUpdate,
  mergeConfig,
} from "../../src/control-plane/field-manager/field-manager.ts";
import { EMPTY, setOf } from "../../src/control-plane/field-manager/field-set.ts";

interface Options {
  readonly now?: string;
  readonly force?: boolean;
}

const writeOf = (object: AnyObject, manager: string, operation: "Apply" | "Update", { now }: Options) => ({
  schema: mergeSchemaOf(kindOf(object)),
  writer: { manager, operation, apiVersion: object.apiVersion },
  ignored: setOf(["status"]),
  now: now ?? "2026-01-01T00:00:00Z",
});

/** Applies a configuration to an object, or to nothing. */
export function applyTo(
  live: AnyObject | undefined,
  manager: string,
  config: AnyObject,
  options: Options = {},
): Result<AnyObject, ApiStatus> {
  const write = { ...writeOf(config, manager, "Apply", options), force: options.force ?? false, mayTake: EMPTY };
  const merge = mergeConfig(write, live, config);
  const managers = managersAfterApply(write, merge, { live, admitted: merge.object });
  if (!managers.ok) return managers;
  return ok({ ...merge.object, metadata: { ...merge.object.metadata, managedFields: managers.value } });
}

/** Replaces an object, or creates it. */
export function updateTo(
  live: AnyObject | undefined,
  manager: string,
  next: AnyObject,
  options: Options = {},
): AnyObject {
  const write = writeOf(next, manager, "Update", options);
  const managedFields = managersAfterUpdate(write, { live, asked: next, admitted: next });
  return { ...next, metadata: { ...next.metadata, managedFields } };
}

/** Returns the value of a result that must be ok. */
export function applied(result: Result<AnyObject, ApiStatus>): AnyObject {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
