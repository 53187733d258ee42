// What Knative's two webhooks do to one object, without the API server around them: decode and default, then validate.
// Source: knative.dev/pkg/webhook/resourcesemantics.

import type { ServingConfig } from "../config/types.ts";
import { knativeStructs } from "../fields/serving.ts";
import { type DecodeError, decode } from "../go/decode.ts";
import { kindOf } from "../kinds.ts";
import { type Findings, findingsText, warningLines } from "../meta/field-error.ts";
import type { AnyObject } from "../meta/object.ts";
import { setDefaults } from "./defaults.ts";
import { validate } from "./validation.ts";

export interface WebhookRequest {
  readonly object: AnyObject;
  /** The stored object, on update. */
  readonly old?: AnyObject;
  readonly operation: "create" | "update";
  readonly isStatusUpdate?: boolean;
  /** Absent: the request carries no user. */
  readonly user?: string;
  readonly config: ServingConfig;
}

export interface Mutation {
  /** As Go would write it, with defaults; on decode errors the zero value stands for what did not fit. */
  readonly object: AnyObject;
  readonly decodeErrors: readonly DecodeError[];
}

/** The mutating webhook. Kinds that it does not know come back as they are. */
export function mutate({ object, old, operation, user, config }: WebhookRequest): Mutation {
  const type = knativeStructs.get(kindOf(object));
  if (!type) return { object, decodeErrors: [] };
  const decoded = decode(type, object);
  const written = decoded.value as AnyObject;
  if (decoded.errors.length > 0) return { object: written, decodeErrors: decoded.errors };
  const before = old === undefined ? undefined : setDefaults(decode(type, old).value as AnyObject, { config });
  const defaulted = setDefaults(written, {
    config,
    operation,
    ...(before === undefined ? {} : { old: before }),
    ...(user === undefined ? {} : { user }),
  });
  // Written once more, so that defaults too have Go's shape.
  const complete = defaulted === written ? written : (decode(type, defaulted).value as AnyObject);
  return { object: complete, decodeErrors: [] };
}

/** The validating webhook, over what {@link mutate} returned. */
export function review({ object, old, isStatusUpdate, config }: WebhookRequest): Findings {
  const type = knativeStructs.get(kindOf(object));
  if (!type) return [];
  return validate(object, {
    config,
    ...(old === undefined ? {} : { old: decode(type, old).value as AnyObject }),
    ...(isStatusUpdate === undefined ? {} : { isStatusUpdate }),
  });
}

/** The mutating webhook's refusal. */
export function decodeRefusal(errors: readonly DecodeError[]): string {
  return `mutation failed: cannot decode incoming new object: ${errors[0]?.message ?? ""}`;
}

/** The validating webhook's answer: the text of its refusal ("" when it agrees) and its warnings. */
export function verdict(findings: Findings): { readonly errors: string; readonly warnings: readonly string[] } {
  return { errors: findingsText(findings), warnings: warningLines(findings) };
}
