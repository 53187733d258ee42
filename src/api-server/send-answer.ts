// Writes an answer to the client: status, headers, warnings and body.
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { ApiAnswer } from "./api-answer.ts";

/** As Kubernetes, which compresses longer bodies for clients that accept it. */
const COMPRESS_FROM_BYTES = 128 * 1024;
const compress = promisify(gzip);

export async function sendAnswer(
  request: Pick<IncomingMessage, "method" | "headers">,
  response: ServerResponse,
  answer: ApiAnswer,
): Promise<void> {
  if ("stream" in answer) {
    const instead = await answer.stream(response);
    if (instead) await sendAnswer(request, response, instead);
    return;
  }
  // A Buffer, because Node would write the headers in the encoding of a string body.
  const plain = Buffer.from("text" in answer ? answer.text : JSON.stringify(answer.json));
  const warnings = answer.warnings ?? [];
  if (warnings.length > 0) response.setHeader("warning", truncated(warnings).map(warningHeader));
  if (answer.code === 413) response.setHeader("connection", "close");
  const contentType = answer.contentType ?? "application/json";
  if (contentType.startsWith("text/")) response.setHeader("x-content-type-options", "nosniff");
  const isCompressed = acceptsGzip(request) && plain.length >= COMPRESS_FROM_BYTES;
  if (isCompressed) response.setHeader("content-encoding", "gzip").setHeader("vary", "Accept-Encoding");
  const body = isCompressed ? await compress(plain, { level: 4 }) : plain;
  response.writeHead(answer.code, {
    "content-type": contentType,
    "content-length": body.length,
  });
  response.end(body);
}

function acceptsGzip({ method, headers }: Pick<IncomingMessage, "method" | "headers">): boolean {
  const accepted = String(headers["accept-encoding"] ?? "").split(",");
  return method === "GET" && accepted.some((coding) => coding.split(";")[0]?.trim() === "gzip");
}

/**
 * Cuts each warning if all together are too long for headers, and then drops the last ones.
 * @see kubernetes apiserver pkg/endpoints/filters/warning.go
 */
function truncated(warnings: readonly string[]): readonly string[] {
  let size = 0;
  for (const text of warnings) size += text.length;
  if (size <= MAX_WARNING_LENGTHS.all) return warnings;
  return warnings
    .slice(0, MAX_WARNING_LENGTHS.all / MAX_WARNING_LENGTHS.each)
    .map((text) => text.slice(0, MAX_WARNING_LENGTHS.each));
}
const MAX_WARNING_LENGTHS = { all: 4096, each: 256 };

/** Returns `299 - "text"`, with each UTF-8 byte as one latin1 character, because Node writes headers in latin1. */
function warningHeader(text: string): string {
  const quoted = text.replace(/[\u0000-\u001f\u007f]+/g, " ").replace(/["\\]/g, "\\$&");
  return Buffer.from(`299 - "${quoted}"`, "utf8").toString("latin1");
}
