// Finds the route of a request, picks a revision by weight, sets headers and forwards the request.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import { type LocalReply, makeReply, sendReply } from "../http/errors.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import { ForwardedExchange } from "../http/forwarded-exchange.ts";
import { headerValue } from "../http/headers.ts";
import { gatewayHeaders } from "./gateway-headers.ts";
import type { ServiceEntry } from "./ingress-table.ts";
import { pickSplit, type RoutePath, type RouteSplit } from "./path-table.ts";
import { type RequestFigures, RequestTimes } from "./request-times.ts";
import { type RouteCount, RouteCounts } from "./route-counts.ts";
import { EMPTY_TABLE, type RouteMatch, type RoutingTable } from "./routing-table.ts";

export interface IngressOptions {
  /** Forwards a request to a revision's public Service. */
  readonly forward: (revision: RevisionKey, exchange: Exchange) => Promise<void>;
  /** Returns numbers in [0, 1); picks the revision of a split. */
  readonly random: () => number;
  /** The gateway's address, which the next component appends to X-Forwarded-For. */
  readonly address: string;
}

/** Like Envoy, replies to unknown hosts with an empty 404. */
const NOT_FOUND = makeReply(404);
/** The route of a DomainMapping leads to a Service's local host, and the route of that host to revisions. */
const MAX_ROUTES = 2;

/** Serves all listeners of a session. The listener of a request determines which hosts the request can reach. */
export class IngressGateway {
  readonly #options: IngressOptions;
  readonly #counts = new RouteCounts();
  readonly #times = new RequestTimes();
  #table: RoutingTable = EMPTY_TABLE;
  #inFlight = 0;

  constructor(options: IngressOptions) {
    this.#options = options;
  }

  /** Replaces the table. Requests in flight keep their route. */
  swap(table: RoutingTable): void {
    this.#table = table;
    this.#counts.keep(table.ingresses);
    this.#times.keep(table.ingresses);
  }

  get table(): RoutingTable {
    return this.#table;
  }

  /** Requests in flight on all listeners. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Requests per route and revision since the Ingress was created. */
  get counts(): readonly RouteCount[] {
    return this.#counts.all;
  }

  /** Latencies and results of requests per route since the Ingress was created. */
  get figures(): readonly RequestFigures[] {
    return this.#times.all;
  }

  /** Handler of the public, local and TLS listeners. */
  readonly handle: Handler = (exchange) => this.#take(exchange, this.#table.match(exchange));

  /** Handler of a Service's own listener (`namespace/name`), which ignores the Host. */
  handlerForService(service: string): Handler {
    return (exchange) => this.#take(exchange, this.#table.matchService(service, exchange));
  }

  async #take(exchange: Exchange, match: RouteMatch | undefined): Promise<void> {
    this.#inFlight += 1;
    try {
      const reply =
        match?.kind === "path" ? await this.#follow(exchange, match.path, match.host) : replyTo(match, exchange);
      if (reply) sendReply(exchange, reply);
    } finally {
      this.#inFlight -= 1;
    }
  }

  /** Forwards the request, or returns the reply to send instead. */
  async #follow(exchange: Exchange, path: RoutePath, host?: string): Promise<LocalReply | undefined> {
    const began = performance.now();
    let at = exchange;
    let route: RoutePath | undefined = path;
    let newHost = host;
    for (let rewrites = 0; route && rewrites < MAX_ROUTES; rewrites += 1) {
      const split = pickSplit(route, this.#options.random());
      if (!split) return NOT_FOUND;
      const { rewriteHost }: RoutePath = route;
      at = this.#wrap(at, route, split, rewriteHost ?? newHost);
      newHost = undefined;
      if (rewriteHost === undefined) {
        const isProbe = headerValue(at.headers, "k-network-probe") !== undefined;
        if (!isProbe) this.#counts.add(route, split);
        exchange.timing.revision = split.revision;
        await this.#options.forward(split.revision, at);
        if (!isProbe) this.#times.add(route.ingress, performance.now() - began, exchange.timing.status);
        return undefined;
      }
      const { target, headers } = at;
      const next = this.#table.match({ host: rewriteHost, target, headers, listener: "local" });
      route = next?.kind === "path" ? next.path : undefined;
    }
    return NOT_FOUND;
  }

  #wrap(exchange: Exchange, path: RoutePath, split: RouteSplit, host: string | undefined): Exchange {
    const dropUpgrade = exchange.upgrade !== undefined && wantsH2c(exchange);
    const headers = gatewayHeaders(exchange.headers, {
      set: split.headers,
      peer: exchange.peer,
      scheme: exchange.listener === "tls" ? "https" : "http",
      hash: path.hash,
      host,
      dropUpgrade,
      joinCookies: exchange.version === "2",
    });
    return new ForwardedExchange(exchange, {
      headers,
      peer: this.#options.address,
      version: split.protocol === "h2c" ? "2" : "1.1",
      host,
      upgrades: !dropUpgrade,
    });
  }
}

function replyTo(match: Exclude<RouteMatch, { kind: "path" }> | undefined, { host }: Exchange): LocalReply {
  if (match?.kind === "index") return makeIndexPage(match.services, /:\d+$/.exec(host)?.[0] ?? "");
  return match ? makeReply(301, "", ["Location", match.location]) : NOT_FOUND;
}

/**
 * The gateway supports h2c only by prior knowledge, so a request that asks for an upgrade to h2c is served over
 * HTTP/1.1.
 */
function wantsH2c({ headers }: Exchange): boolean {
  return headerValue(headers, "upgrade")?.toLowerCase() === "h2c";
}

/** Makes the page for http://localhost if not exactly one Service exists. `port`: "", or the client's port as `:N`. */
function makeIndexPage(services: readonly ServiceEntry[], port: string): LocalReply {
  const rows = services
    .map(({ service, host }) => `<li><a href="http://${host}${port}/">${host}${port}</a> (${service})</li>`)
    .join("\n");
  const body = `<!doctype html>
<meta charset="utf-8">
<title>knap</title>
<h1>Services</h1>
${rows === "" ? "<p>No Service is ready yet.</p>" : `<ul>\n${rows}\n</ul>`}
`;
  return { status: 200, headers: ["Content-Type", "text/html; charset=utf-8", "Cache-Control", "no-store"], body };
}
