// Reads a request body up to the limits of size and depth, and parses it as JSON, YAML or protobuf.

import { type ApiStatus, refuse } from "../apis/meta/api-status.ts";
import { isFields, type JsonFields } from "../base/json.ts";
import { failed, ok, type Result } from "../base/result.ts";
import { readDocuments, type YamlDocument } from "../base/yaml/documents.ts";
import type { Exchange } from "../data-plane/http/exchange.ts";
import { hasToken, headerValue } from "../data-plane/http/headers.ts";
import { type ApiRequest, unsupportedMedia } from "./api-answer.ts";
import { unknownMembers } from "./json-patch.ts";
import { parseJsonText } from "./json-text.ts";
import { PROTOBUF, parseProtobuf } from "./protobuf-body.ts";
import { repeatedFields } from "./repeated-fields.ts";

/** Kubernetes' limit. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Resolves with the body, or with undefined if the body exceeds the limit. The rest of such a body stays unread. */
export async function readBody(exchange: Exchange): Promise<Buffer | undefined> {
  if (!exchange.hasBody) return Buffer.alloc(0);
  if (hasToken(headerValue(exchange.headers, "expect") ?? "", "100-continue")) exchange.sendInterim(100, []);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of exchange.body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Returns the media type of the body without parameters; "" without a Content-Type header. */
export function mediaType(request: ApiRequest): string {
  return (headerValue(request.headers, "content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

const JSON_TYPES: readonly string[] = ["", "application/json", "*/*"];
export const JSON_PATCH = "application/json-patch+json";
const YAML_TYPE = "application/yaml";

/** Returns the body as an object; undefined if the body is empty. Of several YAML documents, it is the first. */
export function jsonBody(request: ApiRequest): Result<JsonFields | undefined, ApiStatus> {
  if (request.body.length === 0) return ok(undefined);
  const type = mediaType(request);
  if (type === PROTOBUF) return parseProtobuf(request.body);
  if (!JSON_TYPES.includes(type) && type !== YAML_TYPE) return failed(unsupportedMedia("application/json", YAML_TYPE));
  const parsed = type === YAML_TYPE ? parseYaml(request.body) : parseJsonText(request.body);
  if (!parsed.ok) return parsed;
  return isFields(parsed.value) ? ok(parsed.value) : refuse("BadRequest", "the body must be a JSON object");
}

function parseYaml(body: Buffer): Result<unknown, ApiStatus> {
  const document = readDocuments(body.toString())[0];
  const error = document?.findings.find(({ severity }) => severity === "error");
  if (!error) return ok(document?.json);
  return refuse("BadRequest", `yaml: line ${error.position.line}: ${error.message}`);
}

/** Returns texts about keys that an object of the body has more than once, and unknown members of a JSON patch. */
export function bodyFindings(request: ApiRequest): readonly string[] {
  const type = mediaType(request);
  if (type === JSON_PATCH) {
    const patch = parseJsonText(request.body);
    const members = patch.ok ? unknownMembers(patch.value) : [];
    return members.map((path) => `json patch unknown field ${JSON.stringify(path)}`);
  }
  if (type !== YAML_TYPE) {
    if (type === PROTOBUF) return [];
    return repeatedFields(request.body.toString()).map((path) => `duplicate field ${JSON.stringify(path)}`);
  }
  const [document] = readDocuments(request.body.toString());
  return document ? repeatedKeys(document) : [];
}

/** Returns texts about the keys that a mapping of the document has more than once. */
export function repeatedKeys({ findings }: YamlDocument): readonly string[] {
  return findings.flatMap(({ position, message, severity }) => {
    const key = severity === "warning" ? /^key (".*") is given twice/.exec(message)?.[1] : undefined;
    return key === undefined ? [] : [`line ${position.line}: key ${key} already set in map`];
  });
}
