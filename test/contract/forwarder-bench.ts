// Opens a listener with a forwarder, a scripted application and raw clients for the contract suite.

import { goErrorText, makeBadGateway, sendReply } from "../../src/data-plane/http/errors.ts";
import type { Exchange } from "../../src/data-plane/http/exchange.ts";
import type {
  Forwarder,
  ForwarderFactory,
  ForwardOptions,
  ForwardOutcome,
} from "../../src/data-plane/http/forwarder.ts";
import { type OpenListener, openListener } from "../../src/data-plane/http-server/open-listener.ts";
import { Http1App } from "../golden/queue-proxy/app.ts";
import { RawClient } from "../golden/queue-proxy/client.ts";
import { Http2App } from "../golden/queue-proxy/h2-app.ts";
import { LOOPBACK, type UpstreamScript } from "../golden/queue-proxy/script.ts";

export const WAIT_MS = 4_000;

export class ForwarderBench implements AsyncDisposable {
  readonly outcomes: ForwardOutcome[] = [];
  readonly app: Http1App | Http2App;
  port = 0;
  readonly #clients: RawClient[] = [];
  readonly #forwarders: Forwarder[] = [];
  #listener: OpenListener | undefined;

  private constructor(script: UpstreamScript) {
    this.app = script.h2 ? new Http2App(script) : new Http1App(script);
  }

  static async open(
    factory: ForwarderFactory,
    script: UpstreamScript = {},
    options: Partial<ForwardOptions> = {},
  ): Promise<ForwarderBench> {
    const bench = new ForwarderBench(script);
    await bench.app.listen();
    if (script.listen === false) await bench.app.stopListening();
    const upstream = { host: LOOPBACK, port: bench.app.port, protocol: script.h2 ? "h2c" : "http1" } as const;
    const forwarder = factory.open(upstream);
    bench.#forwarders.push(forwarder);
    const handler = async (exchange: Exchange): Promise<void> => {
      const outcome = await forwarder.forward(exchange, { headers: exchange.headers, ...options });
      bench.outcomes.push(outcome);
      if (outcome.kind !== "unreachable") return;
      sendReply(exchange, makeBadGateway(goErrorText(outcome.code, outcome.message, upstream)));
    };
    bench.#listener = await openListener({ host: LOOPBACK, port: 0, listener: "public", handler });
    bench.port = bench.#listener.port;
    return bench;
  }

  client(heads: readonly number[] = []): RawClient {
    const client = new RawClient(this.port, heads);
    this.#clients.push(client);
    return client;
  }

  /** Sends one request on its own connection and returns the final reply. */
  async ask(text: string, heads: readonly number[] = []): Promise<Reply> {
    const client = this.client(heads);
    client.send(text);
    await client.recv(1, WAIT_MS);
    return finalReply(client);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.#listener?.close(0);
    for (const forwarder of this.#forwarders) await forwarder.close();
    await this.app.close();
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: [string, string][];
  readonly framing: string;
  readonly body: string;
  readonly trailers: [string, string][];
  readonly complete: boolean;
}

export function finalReply(client: RawClient, index = 0): Reply {
  const replies = (client.result()["responses"] as Reply[]).filter(({ status }) => status >= 200 || status === 101);
  const reply = replies[index];
  if (reply === undefined) throw new Error(`no reply ${index}: ${JSON.stringify(client.received)}`);
  return reply;
}

export function valuesOf(headers: readonly (readonly [string, string])[], lower: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === lower).map(([, value]) => value);
}

export const OK = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";
export const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

/** Returns the head of a GET request with a Host and the header lines `more`. */
export function get(target: string, ...more: readonly string[]): string {
  return head(`GET ${target}`, ...more);
}

export function head(line: string, ...more: readonly string[]): string {
  return [`${line} HTTP/1.1`, "Host: app.example.com", ...more, "", ""].join("\r\n");
}
export const CHUNKED = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";

export type ForwarderCheck = (factory: ForwarderFactory) => Promise<void>;
