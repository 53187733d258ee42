// Forwards HTTP/1 with the library http-proxy (http-proxy-3), and HTTP/2 with the default forwarder.
import { Agent, type ClientRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import httpProxy from "http-proxy";
import type { Exchange, RawHeaders } from "../http/exchange.ts";
import type { Forwarder, ForwarderFactory, ForwardOptions, ForwardOutcome, Upstream } from "../http/forwarder.ts";
import { HOP_BY_HOP, hasToken, headerValues, namedInConnection } from "../http/headers.ts";
import { IncomingRelay } from "./incoming-relay.ts";
import { defaultForwarder } from "./node-forwarder.ts";

const { createProxyServer } = httpProxy;
type ProxyServer = ReturnType<typeof createProxyServer>;

class HttpProxyForwarder implements Forwarder {
  readonly #proxy: ProxyServer;
  readonly #agent: Agent;
  readonly #own: Forwarder;
  readonly #pending = new WeakMap<IncomingMessage, LibraryForward>();

  constructor(upstream: Upstream) {
    this.#agent = new Agent({ keepAlive: true, maxFreeSockets: upstream.maxIdle ?? 1000 });
    this.#own = defaultForwarder().factory.open(upstream);
    const host = upstream.host.includes(":") ? `[${upstream.host}]` : upstream.host;
    const target = `http://${host}:${upstream.port}`;
    this.#proxy = createProxyServer({ target, agent: this.#agent, selfHandleResponse: true });
    this.#proxy.on("proxyReq", (request, incoming) => this.#pending.get(incoming)?.onRequest(request));
    this.#proxy.on("proxyRes", (response, incoming) => this.#pending.get(incoming)?.onResponse(response));
    this.#proxy.on("error", (error, incoming) => this.#pending.get(incoming)?.onError(error));
  }

  forward(exchange: Exchange, options: ForwardOptions): Promise<ForwardOutcome> {
    const { native } = exchange;
    if (native === undefined || exchange.version === "2") return this.#own.forward(exchange, options);
    return new Promise((resolve) => {
      const forward = new LibraryForward(exchange, options, resolve);
      this.#pending.set(native.request, forward);
      forward.begin(native.request);
      const failed = (error: unknown): void => forward.onError(error);
      const { upgrade } = exchange;
      upgrade?.unwatch();
      if (upgrade === undefined) this.#proxy.web(native.request, native.response, {}, failed);
      else this.#proxy.ws(native.request, upgrade.socket as Socket, upgrade.head, {}, failed);
    });
  }

  close(): Promise<void> {
    this.#agent.destroy();
    return this.#own.close();
  }
}

/** Forwards one request with the library, but with knap's headers. */
class LibraryForward extends IncomingRelay {
  begin(incoming: IncomingMessage): void {
    incoming.headers = joined(this.options.headers, this.exchange.upgrade !== undefined);
    this.watchClient();
  }

  onRequest(request: ClientRequest): void {
    request.path = this.exchange.target;
    request.removeHeader("connection");
    for (const [name, values] of listed(this.options.headers)) request.setHeader(name, values);
    this.attach(request);
  }
}

/** Groups the end-to-end headers by name, in their original letter case. */
function listed(headers: RawHeaders): Map<string, string[]> {
  const named = namedInConnection(headers);
  const list = new Map<string, string[]>();
  const names = new Map<string, string>();
  for (let index = 0; index < headers.length; index += 2) {
    const lower = (headers[index] as string).toLowerCase();
    if (HOP_BY_HOP.has(lower) || named?.has(lower) || lower === "content-length") continue;
    const name = names.get(lower) ?? (headers[index] as string);
    names.set(lower, name);
    list.set(name, [...(list.get(name) ?? []), headers[index + 1] as string]);
  }
  if (headerValues(headers, "te").some((value) => hasToken(value, "trailers"))) list.set("TE", ["trailers"]);
  return list;
}

/** Returns the headers that the library starts from. */
function joined(headers: RawHeaders, upgrade: boolean): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, values] of listed(headers)) out[name.toLowerCase()] = values.join(", ");
  for (const name of ["content-length", "transfer-encoding", ...(upgrade ? ["connection", "upgrade"] : [])]) {
    const [value] = headerValues(headers, name);
    if (value !== undefined) out[name] = value;
  }
  return out;
}

/** Opens forwarders on http-proxy. `lacks` names the checks that the library cannot pass. */
export const httpProxyForwarder: ForwarderFactory = {
  name: "http-proxy",
  lacks: [
    "Q24 upgrades other than websocket are relayed",
    "Q25 Expect is relayed end to end",
    "Q26 several Cookie lines stay separate",
    "Q31 a refused upgrade keeps the client's connection open",
    "Q31 a 101 response that the client did not request is refused",
    "Q33 a response of known length is buffered up to 4 KiB",
    "Q34 request trailers are relayed",
    "Q34 a 204 may announce trailers",
    "Q38 the response waits until the request body is read",
    "a request on a stale connection is retried if it is idempotent",
    "an early response of a container that then closes is not lost",
  ],
  open: (upstream) =>
    upstream.protocol === "h2c" ? defaultForwarder().factory.open(upstream) : new HttpProxyForwarder(upstream),
};
