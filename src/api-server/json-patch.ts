// Applies JSON patches (RFC 6902) within limits: a short patch can otherwise make an object of any size or depth.
import { applyPatch, type Operation, Pointer } from "rfc6902";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import { isFields, type JsonFields, sameJson } from "../base/json.ts";
import { type Failed, ok, type Result } from "../base/result.ts";
import { depthOf, MAX_DEPTH } from "./json-text.ts";

const OPERATIONS: ReadonlySet<string> = new Set(["add", "remove", "replace", "move", "copy", "test"]);
const MEMBERS: ReadonlySet<string> = new Set(["op", "path", "from", "value"]);

/** Kubernetes' limits: operations of a patch, and characters (as JSON) of all values that copy operations copy. */
const MAX_OPERATIONS = 10_000;
const MAX_COPIED = 3 * 1024 * 1024;
/** The library skips these tokens, so a patch cannot use them. */
const RESERVED: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Returns the patched object; a 400 for a malformed patch, 413 if it exceeds a limit, 422 if an operation fails. */
export function applyJsonPatch(old: AnyObject, patch: unknown): Result<unknown, ApiStatus> {
  if (!Array.isArray(patch)) return refuse("BadRequest", "a JSON patch must be a list of operations");
  if (patch.length > MAX_OPERATIONS) {
    const message = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`;
    return refuse("RequestEntityTooLarge", message);
  }
  const object = structuredClone(old);
  let depth = depthOf(old);
  let copied = 0;
  for (const [index, operation] of patch.entries()) {
    if (!isOperation(operation)) {
      const rule = 'needs an op and a path that is empty or begins with "/"';
      return refuse("BadRequest", `operation ${index} of the JSON patch ${rule}`);
    }
    if (!OPERATIONS.has(operation.op)) {
      return refuse("BadRequest", `invalid operation ${JSON.stringify(operation)}: unsupported operation`);
    }
    const missing = missingValue(object, operation);
    if (missing !== undefined) return failure(missing);
    depth = Math.max(depth, depthAfter(operation, depth));
    if (operation.op === "copy") copied += JSON.stringify(valueAt(object, tokensOf(operation.from))).length;
    if (depth > MAX_DEPTH) return tooLarge(index, `nests more than ${MAX_DEPTH} objects`);
    if (copied > MAX_COPIED) return tooLarge(index, `copies more than ${MAX_COPIED} characters`);
    if (operation.op === "test") {
      if (!sameJson(valueAt(object, tokensOf(operation.path)) ?? null, operation.value ?? null)) {
        return failure(`Test failed at path: ${operation.path}`);
      }
      continue;
    }
    const [error] = applyPatch(object, [operation]);
    if (error) return failure(error.message);
  }
  return ok(object);
}

/** Returns the paths of members that operations do not have. */
export function unknownMembers(patch: unknown): readonly string[] {
  if (!Array.isArray(patch)) return [];
  return patch.flatMap((operation, index) =>
    isFields(operation) ? Object.keys(operation).flatMap((key) => (MEMBERS.has(key) ? [] : [`[${index}].${key}`])) : [],
  );
}

function failure(error: string): Failed<ApiStatus> {
  return refuse("Invalid", `the server rejected our request due to an error in our request: ${error}`);
}

function tooLarge(index: number, fault: string): Failed<ApiStatus> {
  return refuse("RequestEntityTooLarge", `operation ${index} of the JSON patch ${fault}`);
}

/** Returns the greatest depth that the operation can produce in an object of this depth. */
function depthAfter(operation: Operation, depth: number): number {
  const place = tokensOf(operation.path).length;
  if (operation.op === "move" || operation.op === "copy") return place + depth - tokensOf(operation.from).length;
  return "value" in operation ? place + depthOf(operation.value) : depth;
}

/**
 * Returns the error if a value that the operation needs does not exist. The JSON patch library would also find
 * inherited properties.
 */
function missingValue(object: unknown, operation: Operation): string | undefined {
  const { op, path } = operation;
  const addsValue = op === "add" || op === "move" || op === "copy";
  const needed = op === "move" || op === "copy" ? operation.from : path;
  const tokens = tokensOf(path);
  const parent = valueAt(object, tokens.slice(0, -1));
  // A test for null passes if the field is missing, as in the library that Kubernetes uses (evanphx/json-patch).
  if (op === "test" && (operation.value ?? null) === null && tokens.length > 0 && isFields(parent)) return undefined;
  if (op !== "add" && valueAt(object, tokensOf(needed)) === undefined) return `Value required at path: ${needed}`;
  const canAdd = typeof parent === "object" && parent !== null && !RESERVED.has(tokens.at(-1) ?? "");
  return addsValue && !canAdd ? `Value required at path: ${path}` : undefined;
}

/** Returns the value to which the tokens lead; undefined if no such value exists. */
function valueAt(object: unknown, tokens: readonly string[]): unknown {
  let value = object;
  for (const token of tokens) {
    const isOwn = Array.isArray(value) ? /^\d+$/.test(token) : isFields(value) && Object.hasOwn(value, token);
    if (!isOwn || RESERVED.has(token)) return undefined;
    value = (value as JsonFields)[token];
  }
  return value;
}

function tokensOf(pointer: string): readonly string[] {
  return Pointer.fromJSON(pointer).tokens.slice(1);
}

function isOperation(value: unknown): value is Operation {
  const isPointer = (text: unknown): boolean => typeof text === "string" && (text === "" || text.startsWith("/"));
  if (!isFields(value) || typeof value["op"] !== "string" || !isPointer(value["path"])) return false;
  return (value["op"] !== "move" && value["op"] !== "copy") || isPointer(value["from"]);
}
