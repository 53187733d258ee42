// Runs Knative's webhooks on one object: decodes it, sets defaults, validates it.
// Source: knative.dev/pkg/webhook/resourcesemantics.

import type { ServingConfig } from "../config/types.ts";
import { pointer, struct } from "../fields/field.ts";
import { knativeStructs } from "../fields/serving.ts";
import { statusStruct } from "../fields/status.ts";
import { type DecodeError, decode } from "../go/decode.ts";
import { kindOf } from "../kinds.ts";
import { type Findings, findingsText, warningLines } from "../meta/field-error.ts";
import type { AnyObject } from "../meta/object.ts";
import { setDefaults } from "./defaults.ts";
import { validateObject } from "./validation.ts";

export interface WebhookRequest {
  readonly object: AnyObject;
  /** The stored object, in updates. */
  readonly old?: AnyObject;
  readonly operation: "create" | "update";
  readonly isStatusUpdate?: boolean;
  /** The writer; absent if the request does not name a writer. */
  readonly user?: string;
  readonly config: ServingConfig;
}

export interface Mutation {
  /** The object with defaults, as Go encodes it. Fields that could not be decoded have Go's zero value. */
  readonly object: AnyObject;
  readonly decodeErrors: readonly DecodeError[];
}

/** Does the work of the mutating webhook. Returns objects of other kinds unchanged. */
export function mutate({ object, old, operation, user, config }: WebhookRequest): Mutation {
  const type = knativeStructs.get(kindOf(object));
  if (!type) return { object, decodeErrors: [] };
  const decoded = decode(type, object);
  const written = decoded.value as AnyObject;
  const decodeErrors = [...decoded.errors, ...statusErrors(object)];
  if (decodeErrors.length > 0) return { object: written, decodeErrors };
  const before = old === undefined ? undefined : setDefaults(decode(type, old).value as AnyObject, { config });
  const defaulted = setDefaults(written, {
    config,
    operation,
    ...(before === undefined ? {} : { old: before }),
    ...(user === undefined ? {} : { user }),
  });
  // Brings the defaults into the form in which Go encodes them.
  const complete = defaulted === written ? written : (decode(type, defaulted).value as AnyObject);
  return { object: complete, decodeErrors: [] };
}

/**
 * Returns the decode errors of the status. A user cannot write the status with the object, but the webhook decodes it.
 */
function statusErrors(object: AnyObject): readonly DecodeError[] {
  const status = object.status === undefined ? undefined : statusStruct(kindOf(object));
  return status ? decode(struct(object.kind, { status: pointer(status) }), { status: object.status }).errors : [];
}

/** Does the work of the validating webhook, for an object that {@link mutate} returned. */
export function review({ object, old, isStatusUpdate, config }: WebhookRequest): Findings {
  const type = knativeStructs.get(kindOf(object));
  if (!type) return [];
  return validateObject(object, {
    config,
    ...(old === undefined ? {} : { old: decode(type, old).value as AnyObject }),
    ...(isStatusUpdate === undefined ? {} : { isStatusUpdate }),
  });
}

/** Returns the error text of the mutating webhook. */
export function decodeRefusal(errors: readonly DecodeError[]): string {
  return `mutation failed: cannot decode incoming new object: ${errors[0]?.message ?? ""}`;
}

/** Returns the texts of the validating webhook: an error ("" if the webhook admits the object) and warnings. */
export function reviewTexts(findings: Findings): { readonly errors: string; readonly warnings: readonly string[] } {
  return { errors: findingsText(findings), warnings: warningLines(findings) };
}
