// Wraps the client's Exchange for the next component (activator, queue-proxy) and replaces headers, peer, host or
// version.
import type { Readable } from "node:stream";
import type { Exchange, ListenerKind, RawHeaders, RequestTiming, ResponseBody, UpgradeSocket } from "./exchange.ts";

/** Values that replace those of the wrapped exchange. */
export interface ExchangeChanges {
  readonly headers: RawHeaders;
  /** The address of this component, which the next one sees as its client. */
  readonly peer: string;
  /** If set, `headers` must contain the same Host. */
  readonly host?: string | undefined;
  /** With "2", the queue-proxy uses h2c to the container unless its upstream fixes the protocol. */
  readonly version?: "1.1" | "2";
  /** False: removes the client's upgrade request. */
  readonly upgrades?: boolean;
  readonly timers?: Exchange["timers"];
}

/** Never nests: a wrapper of a wrapper refers to the client's exchange directly. */
export class ForwardedExchange implements Exchange {
  readonly headers: RawHeaders;
  readonly peer: string;
  readonly host: string;
  readonly version: "1.0" | "1.1" | "2";
  readonly upgrade?: UpgradeSocket;
  readonly timers?: NonNullable<Exchange["timers"]>;
  readonly #client: Exchange;

  constructor(before: Exchange, changes: ExchangeChanges) {
    this.#client = before instanceof ForwardedExchange ? before.#client : before;
    this.headers = changes.headers;
    this.peer = changes.peer;
    this.host = changes.host ?? before.host;
    this.version = changes.version ?? before.version;
    if (before.upgrade && changes.upgrades !== false) this.upgrade = before.upgrade;
    if (changes.timers) this.timers = changes.timers;
  }

  get native(): Exchange["native"] {
    return this.#client.native;
  }

  get method(): string {
    return this.#client.method;
  }

  get target(): string {
    return this.#client.target;
  }

  get listener(): ListenerKind {
    return this.#client.listener;
  }

  get body(): Readable {
    return this.#client.body;
  }

  get hasBody(): boolean {
    return this.#client.hasBody;
  }

  get started(): boolean {
    return this.#client.started;
  }

  get timing(): RequestTiming {
    return this.#client.timing;
  }

  requestTrailers(): RawHeaders {
    return this.#client.requestTrailers();
  }

  sendInterim(status: number, headers: RawHeaders): void {
    this.#client.sendInterim(status, headers);
  }

  start(status: number, reason: string, headers: RawHeaders, empty?: boolean): ResponseBody {
    return this.#client.start(status, reason, headers, empty);
  }

  trailers(headers: RawHeaders): void {
    this.#client.trailers(headers);
  }

  abort(why: string): void {
    this.#client.abort(why);
  }

  onClosed(run: () => void): void {
    this.#client.onClosed(run);
  }
}
