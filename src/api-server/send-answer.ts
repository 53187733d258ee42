// Writes an answer to the client: status, headers, warnings and body.
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { reasonOf } from "../data-plane/http/errors.ts";
import type { Exchange, ResponseBody } from "../data-plane/http/exchange.ts";
import { headerValue } from "../data-plane/http/headers.ts";
import type { ApiAnswer } from "./api-answer.ts";

/** As Kubernetes, which compresses longer bodies for clients that accept it. */
const COMPRESS_FROM_BYTES = 128 * 1024;
const compress = promisify(gzip);

export async function sendAnswer(exchange: Exchange, answer: ApiAnswer): Promise<void> {
  if ("stream" in answer) {
    const instead = await answer.stream(exchange);
    if (instead) await sendAnswer(exchange, instead);
    return;
  }
  // A Buffer, because Node would write the headers in the encoding of a string body.
  const plain = Buffer.from("text" in answer ? answer.text : JSON.stringify(answer.json));
  const contentType = answer.contentType ?? "application/json";
  const headers = ["Content-Type", contentType];
  for (const text of truncated(answer.warnings ?? [])) headers.push("Warning", warningHeader(text));
  if (answer.code === 413) headers.push("Connection", "close");
  if (contentType.startsWith("text/")) headers.push("X-Content-Type-Options", "nosniff");
  const isCompressed = acceptsGzip(exchange) && plain.length >= COMPRESS_FROM_BYTES;
  if (isCompressed) headers.push("Content-Encoding", "gzip", "Vary", "Accept-Encoding");
  const body = isCompressed ? await compress(plain, { level: 4 }) : plain;
  headers.push("Content-Length", String(body.length));
  const isHead = exchange.method === "HEAD";
  const sink = exchange.start(answer.code, reasonOf(answer.code), headers, isHead);
  if (isHead) sink.end();
  else sink.end(body);
}

/** Sends the head of a streamed answer at once. Returns the stream of its body. */
export function startStream(exchange: Exchange, contentType: string): ResponseBody {
  const body = exchange.start(200, reasonOf(200), ["Content-Type", contentType]);
  body.flushHeaders?.();
  return body;
}

function acceptsGzip({ method, headers }: Exchange): boolean {
  const accepted = (headerValue(headers, "accept-encoding") ?? "").split(",");
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
