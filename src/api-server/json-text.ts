// Parses JSON texts up to a limit of depth, so that no later step exceeds the call stack.
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { ok, type Result } from "../base/result.ts";

/** The most objects and lists inside each other. The kinds of Kubernetes need about 20. */
export const MAX_DEPTH = 500;

const [QUOTE, BACKSLASH, BRACE, BRACKET, BRACE_END, BRACKET_END] = Buffer.from('"\\{[}]');

/** Parses a JSON text; a 400 for invalid JSON, and for JSON deeper than {@link MAX_DEPTH}. */
export function parseJsonText(text: Buffer): Result<unknown, ApiStatus> {
  const tooDeepAt = findTooDeep(text);
  if (tooDeepAt >= 0) {
    const limit = `more than ${MAX_DEPTH} objects and lists inside each other`;
    return refuse("BadRequest", `json parse error: ${limit} at position ${tooDeepAt}`);
  }
  try {
    return ok(JSON.parse(text.toString("utf8")) as unknown);
  } catch (error) {
    return refuse("BadRequest", `json parse error: ${(error as Error).message}`);
  }
}

/** Returns the offset of the first bracket that exceeds the limit; -1 if no bracket does. */
function findTooDeep(text: Buffer): number {
  let depth = 0;
  let isString = false;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (isString) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isString = false;
    } else if (byte === QUOTE) isString = true;
    else if (byte === BRACE_END || byte === BRACKET_END) depth -= 1;
    else if (byte === BRACE || byte === BRACKET) {
      depth += 1;
      if (depth > MAX_DEPTH) return at;
    }
  }
  return -1;
}

/** Returns the number of objects and lists inside each other, for a value that {@link parseJsonText} returned. */
export function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let deepest = 0;
  for (const inner of Object.values(value)) deepest = Math.max(deepest, depthOf(inner));
  return deepest + 1;
}
