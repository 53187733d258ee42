// One exchange with the API over HTTP: sends JSON, gives the answer or throws ApiError, TypeError when nobody answers. It knows no resource.
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request as openRequest } from "node:http";
import type { ApiStatus } from "../apis/meta/api-status.ts";
import { ApiError } from "./client.ts";

export interface Call {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly json: unknown;
  /** The texts of the `Warning` headers. */
  readonly warnings: readonly string[];
}

export class HttpTransport {
  readonly #address: URL;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(address: string, token: string) {
    this.#address = new URL(address);
    this.#token = token;
  }

  /** The whole answer as JSON. */
  async call(call: Call): Promise<Reply> {
    const message = await this.stream(call);
    const text = await readText(message);
    return { json: text === "" ? undefined : (JSON.parse(text) as unknown), warnings: warningsOf(message.headers) };
  }

  /** The answer's body as it comes. */
  async stream(call: Call): Promise<IncomingMessage> {
    const message = await this.#open(call, true);
    if ((message.statusCode ?? 500) < 400) return message;
    throw new ApiError(statusOf(message, await readText(message)));
  }

  #open(call: Call, mayRetry: boolean): Promise<IncomingMessage> {
    const { method, path, body, contentType = "application/json", signal } = call;
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const request = openRequest({
        host: this.#address.hostname.replace(/^\[|\]$/g, ""),
        port: this.#address.port || 80,
        method,
        path,
        agent: this.#agent,
        headers: {
          accept: "application/json",
          authorization: `Bearer ${this.#token}`,
          ...(text === undefined
            ? {}
            : { "content-type": contentType, "content-length": String(Buffer.byteLength(text)) }),
        },
        ...(signal ? { signal } : {}),
      });
      request.once("response", resolve);
      request.once("error", (error: NodeJS.ErrnoException) => {
        if (signal?.aborted) reject(error);
        // the server closed a kept connection just as it was used again
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

/** The Status that the API sent, or one made of a text that is none. */
function statusOf(message: IncomingMessage, text: string): ApiStatus {
  try {
    const status = JSON.parse(text) as ApiStatus;
    if (status.kind === "Status") return status;
  } catch {
    // not JSON: an answer such as `404 page not found`
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
