// Sends requests to the API over HTTP. A call throws ApiError if the API refuses it, and TypeError if the API is
// unreachable.
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as openRequest } from "node:http";
import { request as openSecureRequest, Agent as SecureAgent } from "node:https";
import { StringDecoder } from "node:string_decoder";
import type { ApiStatus } from "../apis/meta/api-status.ts";
import { type ApiAccess, ApiError } from "./client.ts";

export interface ApiCall {
  readonly method: string;
  /** The path and the query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ApiReply {
  readonly json: unknown;
  /** The texts of the `Warning` headers. */
  readonly warnings: readonly string[];
}

export class HttpTransport {
  readonly #address: URL;
  readonly #token: string;
  readonly #agent: Agent;
  readonly #openRequest: typeof openRequest;

  constructor({ address, token, authority }: ApiAccess) {
    this.#address = new URL(address);
    this.#token = token;
    const isSecure = this.#address.protocol === "https:";
    this.#agent = isSecure ? new SecureAgent({ keepAlive: true, ca: authority }) : new Agent({ keepAlive: true });
    this.#openRequest = isSecure ? openSecureRequest : openRequest;
  }

  /** Returns the whole body as JSON. */
  async call(call: ApiCall): Promise<ApiReply> {
    const message = await this.stream(call);
    const text = await readText(message);
    return { json: text === "" ? undefined : (JSON.parse(text) as unknown), warnings: warningsOf(message.headers) };
  }

  /** Returns the body as a stream. */
  async stream(call: ApiCall): Promise<IncomingMessage> {
    const message = await this.#open(call, true);
    if ((message.statusCode ?? 500) < 400) return message;
    throw new ApiError(statusOf(message, await readText(message)));
  }

  #open(call: ApiCall, mayRetry: boolean): Promise<IncomingMessage> {
    const { method, path, body, contentType = "application/json", signal } = call;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = this.#openRequest({
        host: this.#address.hostname.replace(/^\[|\]$/g, ""),
        port: this.#address.port,
        method,
        path,
        agent: this.#agent,
        headers: {
          accept: "application/json",
          // The field manager of knap's writes.
          "user-agent": "knap",
          authorization: `Bearer ${this.#token}`,
          ...(text === undefined
            ? {}
            : { "content-type": contentType, "content-length": String(Buffer.byteLength(text)) }),
        },
        signal,
      });
      request.once("response", resolve);
      request.once("error", (error: NodeJS.ErrnoException) => {
        if (signal?.aborted) reject(error);
        // The server closed an idle connection at the moment of its reuse.
        else if (mayRetry && request.reusedSocket && error.code === "ECONNRESET") {
          this.#open(call, false).then(resolve, reject);
        } else reject(new TypeError(`the API at ${this.#address.origin} cannot be reached`, { cause: error }));
      });
      request.end(text);
    });
  }
}

async function readText(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Returns the Status that the API sent, or a Status with the text of another body. */
function statusOf(message: IncomingMessage, text: string): ApiStatus {
  try {
    const status = JSON.parse(text) as ApiStatus;
    if (status.kind === "Status") return status;
  } catch {
    // The body is not JSON, for example `404 page not found`.
  }
  const code = message.statusCode ?? 500;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: text.trim() || `HTTP ${code}`,
    code,
  };
}

function warningsOf(headers: IncomingHttpHeaders): readonly string[] {
  const joined = Buffer.from(headers.warning ?? "", "latin1").toString("utf8");
  return [...joined.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}

/** Yields lines without their newline. The last line may have none. */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== "") yield rest;
}
