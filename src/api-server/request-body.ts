// The body of a request: read up to the limit, taken for JSON, also where it came as protobuf. What cannot be read is a Status, never an exception.
import type { IncomingMessage } from "node:http";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import { isFields } from "../base/json.ts";
import type { ApiRequest } from "./answer.ts";
import { PROTOBUF, parseProtobuf } from "./protobuf-body.ts";

type Fields = Readonly<Record<string, unknown>>;

/** As in Kubernetes: 3 MiB. */
export const MOST_BODY_BYTES = 3 * 1024 * 1024;

/** The whole body; undefined when it is larger than the limit (the rest is then left unread). */
export async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media type of the body, without parameters; empty when there is none. */
export function mediaType(request: ApiRequest): string {
  return (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

/** 415 with the types that would do. */
export function unsupportedMedia(...accepted: readonly string[]): ApiStatus {
  const text = "the body of the request was in an unknown format - accepted media types include:";
  return makeFailure("UnsupportedMediaType", `${text} ${accepted.join(", ")}`);
}

/** The body as an object. An empty body is undefined. */
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
