// The query parameter fieldValidation: what becomes of fields that no schema knows (Strict refuses, Warn says so, Ignore is silent).
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { ApiRequest } from "./answer.ts";

/** Warnings for the writer, or 400. */
export function checkFields(
  unknownFields: ((object: AnyObject) => readonly string[]) | undefined,
  request: ApiRequest,
  object: AnyObject,
): { readonly warnings: readonly string[] } | { readonly refused: ApiStatus } {
  const mode = request.query.get("fieldValidation") || "Warn";
  if (!["Strict", "Warn", "Ignore"].includes(mode)) {
    const text = `fieldValidation: Unsupported value: ${JSON.stringify(mode)}: supported values: "Ignore", "Strict", "Warn"`;
    return { refused: makeFailure("Invalid", text) };
  }
  if (mode === "Ignore" || !unknownFields) return { warnings: [] };
  const findings = unknownFields(object).map((path) => `unknown field ${JSON.stringify(path)}`);
  if (mode === "Warn" || findings.length === 0) return { warnings: findings };
  const error = `strict decoding error: ${findings.join(", ")}`;
  const version = object.apiVersion.slice(object.apiVersion.indexOf("/") + 1);
  const sentence = `${object.kind} in version ${JSON.stringify(version)} cannot be handled as a ${object.kind}: ${error}`;
  return { refused: makeFailure("BadRequest", request.method === "PATCH" ? error : sentence) };
}
