// Reads a request body up to the limits of size and depth, and parses it as JSON or protobuf.
import type { IncomingMessage } from "node:http";
import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { isFields, type JsonFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { type ApiRequest, unsupportedMedia } from "./api-answer.ts";
import { parseJsonText } from "./json-text.ts";
import { PROTOBUF, parseProtobuf } from "./protobuf-body.ts";

/** Kubernetes' limit. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Resolves with the body, or with undefined if the body exceeds the limit. The rest of such a body stays unread. */
export async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Returns the media type of the body without parameters; "" without a Content-Type header. */
export function mediaType(request: ApiRequest): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** Returns the body as an object; undefined if the body is empty. */
export function jsonBody(request: ApiRequest): Result<JsonFields | undefined, ApiStatus> {
  if (request.body.length === 0) return ok(undefined);
  const type = mediaType(request);
  if (type === PROTOBUF) return parseProtobuf(request.body);
  if (type !== "" && type !== "application/json" && type !== "*/*") return failed(unsupportedMedia("application/json"));
  const parsed = parseJsonText(request.body);
  if (!parsed.ok) return parsed;
  return isFields(parsed.value) ? ok(parsed.value) : refuse("BadRequest", "the body must be a JSON object");
}
