// The default forwarder: HTTP/1.1 over kept connections with Node's private parser, h2c over node:http2.
import type { Exchange } from "../http/exchange.ts";
import type { Forwarder, ForwarderFactory, ForwardOptions, ForwardOutcome, Upstream } from "../http/forwarder.ts";
import { FALLBACK_LACKS, FallbackForwarder } from "./fallback-forwarder.ts";
import { H2cSessions } from "./h2c-sessions.ts";
import { Http1Forward } from "./http1-forward.ts";
import { Http2Forward } from "./http2-forward.ts";
import { parserFault } from "./response-parser.ts";
import { UpstreamPool } from "./upstream-pool.ts";

/** Limit of idle connections per container without a containerConcurrency (`pkg/queue/sharedmain/main.go`). */
const MAX_IDLE = 1000;

class NodeHttp1Forwarder implements Forwarder {
  readonly #pool: UpstreamPool;

  constructor(upstream: Upstream) {
    this.#pool = new UpstreamPool(upstream, { maxIdle: upstream.maxIdle ?? MAX_IDLE });
  }

  forward(exchange: Exchange, options: ForwardOptions): Promise<ForwardOutcome> {
    return new Promise((resolve) => new Http1Forward(this.#pool, exchange, options, resolve).begin());
  }

  close(): Promise<void> {
    this.#pool.close();
    return Promise.resolve();
  }
}

class NodeHttp2Forwarder implements Forwarder {
  readonly #sessions: H2cSessions;

  constructor(upstream: Upstream) {
    this.#sessions = new H2cSessions(upstream);
  }

  forward(exchange: Exchange, options: ForwardOptions): Promise<ForwardOutcome> {
    return new Promise((resolve) => new Http2Forward(this.#sessions, exchange, options, resolve).begin());
  }

  close(): Promise<void> {
    this.#sessions.close();
    return Promise.resolve();
  }
}

/** The default; it passes every check of the contract suite. */
export const nodeForwarder: ForwarderFactory = {
  name: "node",
  lacks: [],
  open: (upstream) =>
    upstream.protocol === "h2c" ? new NodeHttp2Forwarder(upstream) : new NodeHttp1Forwarder(upstream),
};

/** Replaces {@link nodeForwarder} if Node's private parser is not as expected. HTTP/1 then uses node:http. */
export const fallbackForwarder: ForwarderFactory = {
  name: "fallback",
  lacks: FALLBACK_LACKS,
  open: (upstream) => {
    if (upstream.protocol === "h2c") return new NodeHttp2Forwarder(upstream);
    return new FallbackForwarder(upstream, upstream.maxIdle ?? MAX_IDLE);
  },
};

/** Returns the forwarder for this Node version, and the reason if that is not {@link nodeForwarder}. */
export function defaultForwarder(fault = parserFault): {
  readonly factory: ForwarderFactory;
  readonly notice: string | undefined;
} {
  if (fault === undefined) return { factory: nodeForwarder, notice: undefined };
  const notice = `Node ${process.version} has an unexpected HTTP parser (${fault}); knap uses the slower node:http`;
  return { factory: fallbackForwarder, notice };
}
