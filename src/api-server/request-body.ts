// Reads a request body up to the size limit and parses it as JSON or protobuf. Errors are Status values, not
// exceptions.
import type { IncomingMessage } from "node:http";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { isFields } from "../base/json.ts";
import type { ApiRequest } from "./api-answer.ts";
import { PROTOBUF, parseProtobuf } from "./protobuf-body.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Kubernetes' limit. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** The body; undefined if it exceeds the limit, with the rest unread. */
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

/** The media type of the body without parameters; "" if there is none. */
export function mediaType(request: ApiRequest): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** A 415 that lists the accepted types. */
export function unsupportedMedia(...accepted: readonly string[]): ApiStatus {
  const text = "the body of the request was in an unknown format - accepted media types include:";
  return makeFailure("UnsupportedMediaType", `${text} ${accepted.join(", ")}`);
}

/** The body as an object; undefined if it is empty. */
export function jsonBody(request: ApiRequest): { readonly body: Fields | undefined } | { readonly refused: ApiStatus } {
  if (request.body.length === 0) return { body: undefined };
  const type = mediaType(request);
  if (type === PROTOBUF) return protobufBody(request.body);
  if (type !== "" && type !== "application/json" && type !== "*/*")
    return { refused: unsupportedMedia("application/json") };
  const parsed = parseJson(request.body);
  if ("refused" in parsed) return parsed;
  if (!isFields(parsed.value)) return { refused: makeFailure("BadRequest", "the body must be a JSON object") };
  return { body: parsed.value };
}

function protobufBody(bytes: Buffer): { readonly body: Fields } | { readonly refused: ApiStatus } {
  const parsed = parseProtobuf(bytes);
  if ("refused" in parsed) return parsed;
  return parsed.body ? { body: parsed.body } : { refused: unsupportedMedia("application/json") };
}

export function parseJson(body: Buffer): { readonly value: unknown } | { readonly refused: ApiStatus } {
  try {
    return { value: JSON.parse(body.toString("utf8")) as unknown };
  } catch (error) {
    return { refused: makeFailure("BadRequest", `json parse error: ${(error as Error).message}`) };
  }
}
