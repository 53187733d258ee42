// Detects malformed HTTP/1 requests and makes Go's replies.
import type { IncomingMessage, ServerResponse } from "node:http";

const FRAMING = new Set(["content-length", "transfer-encoding", "trailer"]);

/** Characters that Go accepts in a Host header. */
const HOST = /^[!$%&'()*+,\-.0-9:;=@A-Z[\]_a-z~]*$/;

/** Returns the reply to a malformed request that Node's parser accepts; undefined for a valid request. */
export function faultOf(request: IncomingMessage): Refusal | undefined {
  const { rawHeaders, headers, httpVersionMinor } = request;
  const { host } = headers;
  if (request.httpVersionMajor === 0) {
    const line = "505 HTTP Version Not Supported: unsupported protocol version";
    return { line, text: line };
  }
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined && encoding.trim().toLowerCase() !== "chunked" && httpVersionMinor > 0) {
    return { line: "501 Not Implemented", text: "Unsupported transfer encoding" };
  }
  if (encoding !== undefined && announcesFraming(headers.trailer)) return BAD_REQUEST;
  if (host === undefined) return httpVersionMinor === 0 ? undefined : badRequest("missing required Host header");
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  if (hosts > 1) return BAD_REQUEST;
  return HOST.test(host) ? undefined : badRequest("malformed Host header");
}

/** Returns true if a `Trailer` header names a framing header (`net/http` fixTrailer). */
function announcesFraming(trailer: string | undefined): boolean {
  if (trailer === undefined) return false;
  return trailer.split(",").some((name) => FRAMING.has(name.trim().toLowerCase()));
}

/** Go's reply to a malformed request: its status line and its body. */
export interface Refusal {
  readonly line: string;
  readonly text: string;
}

export const BAD_REQUEST: Refusal = { line: "400 Bad Request", text: "400 Bad Request" };

function badRequest(why: string): Refusal {
  const line = `400 Bad Request: ${why}`;
  return { line, text: line };
}

/** Sends the reply without Date and length, and closes the connection. */
export function sendRefusal(response: ServerResponse, { line, text }: Refusal): void {
  response.sendDate = false;
  response.useChunkedEncodingByDefault = false;
  response.removeHeader("connection");
  const head = ["Content-Type", "text/plain; charset=utf-8", "Connection", "close"];
  response.writeHead(Number(line.slice(0, 3)), line.slice(4), head);
  response.end(text);
}

/** Replies by the parser's error code. */
const PARSER_REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    line: "431 Request Header Fields Too Large",
    text: "431 Request Header Fields Too Large",
  },
  HPE_INVALID_TRANSFER_ENCODING: { line: "501 Not Implemented", text: "Unsupported transfer encoding" },
};

/** Returns the complete reply to bytes that the parser rejected. */
export function rawRefusal(code: string | undefined): string {
  const { line, text } = PARSER_REFUSALS[code ?? ""] ?? BAD_REQUEST;
  return `HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${text}`;
}
