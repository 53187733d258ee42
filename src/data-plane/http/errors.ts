// Makes the responses that do not come from a container, with Knative's texts.
import { STATUS_CODES } from "node:http";
import type { Exchange, RawHeaders } from "./exchange.ts";
import type { Upstream } from "./forwarder.ts";
import { headerValue } from "./headers.ts";

/** A response made by knap, not by the container. Each character of the body is one byte. */
export interface LocalReply {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly body: string;
}

const PLAIN_TEXT = ["Content-Type", "text/plain; charset=utf-8"] as const;

/** Returns a plain-text response in the form of Go's `http.Error`: nosniff header, newline after the text. */
export function makeError(status: number, text: string): LocalReply {
  return { status, headers: [...PLAIN_TEXT, "X-Content-Type-Options", "nosniff"], body: `${text}\n` };
}

/** Returns a plain-text response without a newline. An empty body gets no content type. */
export function makeReply(status: number, body = "", headers: RawHeaders = []): LocalReply {
  return { status, headers: body === "" ? headers : [...headers, ...PLAIN_TEXT], body };
}

/** The queue-proxy sends this text when a request times out: in a 504, or at the end of a response that has begun. */
export const REQUEST_TIMEOUT_TEXT = "request timeout";
export const ACTIVATOR_TIMEOUT_TEXT = "activator request timeout";

export const makeTimeout = (text: string): LocalReply => makeReply(504, text);
export const QUEUE_FULL: LocalReply = makeError(503, "pending request queue full");
export const SHUTTING_DOWN: LocalReply = makeError(503, "shutting down");
export const NOT_READY: LocalReply = makeReply(503);
export const NOT_FOUND: LocalReply = makeError(404, "404 page not found");
export const MISSING_PROBE_HASH: LocalReply = makeError(
  400,
  'a probe request must contain a non-empty "K-Network-Hash" header',
);
/** Returns the queue-proxy's reply, which repeats the value as received. */
export const makeUnexpectedProbe = (value: string): LocalReply =>
  makeError(400, `unexpected probe header value: ${value}`);

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

/** Returns the activator's reply, which HTML-escapes the value and quotes it like Go's %q. */
export const makeUnexpectedQuotedProbe = (value: string): LocalReply =>
  makeUnexpectedProbe(`"${value.replace(/[&<>"']/g, (char) => HTML_ESCAPES[char] ?? char).replaceAll("\\", "\\\\")}"`);

export const makeUnknownRevision = (name: string): LocalReply =>
  makeError(404, `Error getting active endpoint: revision.serving.knative.dev "${name}" not found`);

export const makeBadGateway = (text: string): LocalReply => makeError(502, text);

/** Returns the error text of Go's HTTP client for a Node error code, so that users can search for the text. */
export function goErrorText(code: string, message: string, upstream: Pick<Upstream, "host" | "port">): string {
  const address = `${upstream.host}:${upstream.port}`;
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${address}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${address}: connect: no route to host`;
    case "ENETUNREACH":
      return `dial tcp ${address}: connect: network is unreachable`;
    case "ETIMEDOUT":
      return message.startsWith("timed out dialing") ? message : `dial tcp ${address}: i/o timeout`;
    case "ECONNRESET":
      return `read tcp ${address}: read: connection reset by peer`;
    case "EPIPE":
      return `write tcp ${address}: write: broken pipe`;
    case "EOF":
      return "EOF";
    default:
      return code.startsWith("HPE_") ? `net/http: HTTP/1.x transport connection broken: ${message}` : message;
  }
}

/** Sends a reply. Does nothing if a response has begun. */
export function sendReply(exchange: Exchange, reply: LocalReply): void {
  if (exchange.started) return;
  const { status } = reply;
  const body = Buffer.from(reply.body, "latin1");
  const isHead = exchange.method === "HEAD";
  const empty = body.length === 0 || isHead;
  // Go sends no Content-Length if the request is HEAD and the body of the reply is empty.
  const omitsLength = headerValue(reply.headers, "content-length") !== undefined || (isHead && body.length === 0);
  const headers = omitsLength ? reply.headers : [...reply.headers, "Content-Length", String(body.length)];
  const sink = exchange.start(status, reasonOf(status), headers, empty);
  if (empty) sink.end();
  else sink.end(body);
}

/** Returns the reason phrase that Go sends with a status: the standard one, or `status code N` for other statuses. */
export function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? `status code ${status}`;
}
