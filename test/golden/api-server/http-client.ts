// Sends recorded requests. Adds only the token, Host, Content-Length and the default headers of api-server.README.md.
import { Agent, type ClientRequest, type IncomingMessage, request as startRequest } from "node:http";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import type { RecordedRequest } from "./conversation.ts";

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly headers: IncomingMessage["headers"];
  readonly warnings: readonly string[];
  /** The parsed JSON or YAML, else the text. */
  readonly body: unknown;
}

export interface Server {
  readonly address: string;
  readonly token: string;
}

/** Every recorded answer comes within milliseconds. */
const ANSWER_MS = 10_000;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

function open({ address, token }: Server, { method, path, headers = {}, body, text }: RecordedRequest): ClientRequest {
  const given = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const defaults = {
    "user-agent": "golden/1.0",
    accept: "application/json",
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const added = Object.entries(defaults).filter(([name]) => !names.includes(name));
  const sent = { ...Object.fromEntries(added), ...headers, authorization: `Bearer ${token}` };
  const length = given === undefined ? {} : { "content-length": String(Buffer.byteLength(given)) };
  const made = startRequest(address + path, { method, agent, headers: { ...sent, ...length } });
  made.on("socket", (socket) => socket.setNoDelay(true));
  made.end(given);
  return made;
}

function head(made: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    made.once("response", resolve);
    made.once("error", reject);
  });
}

export async function send(server: Server, request: RecordedRequest): Promise<Answer> {
  const made = open(server, request);
  const timer = setTimeout(() => made.destroy(new Error(`no whole answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  try {
    const message = await head(made);
    return answerOf(message, await bytesOf(message));
  } finally {
    clearTimeout(timer);
  }
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function answerOf(message: IncomingMessage, raw: Buffer): Answer {
  const { headers, headersDistinct, statusCode = 0 } = message;
  const text = (headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw).toString();
  const contentType = headers["content-type"] ?? "";
  const warnings = headersDistinct["warning"] ?? [];
  return { status: statusCode, contentType, headers, warnings, body: parsed(contentType, text) };
}

function parsed(contentType: string, text: string): unknown {
  try {
    if (contentType.includes("json")) return JSON.parse(text);
    if (contentType.includes("yaml")) return parse(text);
  } catch {
    return text;
  }
  return text;
}

/** An open watch. Events are the JSON lines of the body. */
export class Watch {
  readonly #message: IncomingMessage;
  readonly #events: unknown[] = [];
  #text = "";
  #ended = false;
  #wake: () => void = () => {};

  constructor(message: IncomingMessage) {
    this.#message = message;
    message.setEncoding("utf8");
    message.on("data", (chunk: string) => this.#receive(chunk));
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    message.on("end", end);
    message.on("error", end);
  }

  get ended(): boolean {
    return this.#ended;
  }

  #receive(chunk: string): void {
    const lines = (this.#text + chunk).split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) if (line !== "") this.#events.push(JSON.parse(line));
    this.#wake();
  }

  /** Takes up to `count` events; fewer if the time is over or the server ends the stream. */
  async take(count: number, withinMs: number): Promise<readonly unknown[]> {
    const end = Date.now() + withinMs;
    while (this.#events.length < count && !this.#ended && Date.now() < end) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, end - Date.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#events.splice(0, count);
  }

  close(): void {
    this.#message.destroy();
  }
}

/** Opens a stream. Returns the whole answer if the server refuses. */
export async function openWatch(server: Server, request: RecordedRequest): Promise<{ answer: Answer; watch?: Watch }> {
  const made = open(server, request);
  const timer = setTimeout(() => made.destroy(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
  const message = await head(made).finally(() => clearTimeout(timer));
  if (message.statusCode !== 200) return { answer: answerOf(message, await bytesOf(message)) };
  return { answer: { ...answerOf(message, Buffer.alloc(0)), body: undefined }, watch: new Watch(message) };
}
