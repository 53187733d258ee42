// Wraps a client's Exchange for the next component (activator, queue-proxy): replaces headers, peer, host or version.
// All other members are the client's.
import type { Readable } from "node:stream";
import type { Time } from "../../base/clock.ts";
import type { Exchange, ListenerKind, Marks, RawHeaders, ResponseBody, UpgradeSocket } from "./exchange.ts";

/** Values that replace those of the wrapped exchange. */
export interface HopChanges {
  readonly headers: RawHeaders;
  /** The hop's own address, which the next hop sees as its client. */
  readonly peer: string;
  /** If set, `headers` must contain the same Host. */
  readonly host?: string;
  /**
   * `version` that the next component sees. No connection is opened. With "2", the queue-proxy uses h2c to the
   * container unless its upstream fixes the protocol.
   */
  readonly version?: "1.1" | "2";
  /** False: the client's upgrade request is not passed on. */
  readonly upgrades?: boolean;
  /** Set by the activator: the queue-proxy counts its deadlines from `since` and sends `text` on timeout. */
  readonly timers?: { readonly since: Time; readonly text: string };
}

/**
 * If `before` is a HopExchange, wraps that object's client exchange instead, so getters never go through more than one
 * wrapper.
 */
export class HopExchange implements Exchange {
  readonly headers: RawHeaders;
  readonly peer: string;
  readonly host: string;
  readonly version: "1.0" | "1.1" | "2";
  readonly upgrade?: UpgradeSocket;
  readonly timers?: { readonly since: Time; readonly text: string };
  readonly #client: Exchange;

  constructor(before: Exchange, changes: HopChanges) {
    this.#client = before instanceof HopExchange ? before.#client : before;
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

  get marks(): Marks {
    return this.#client.marks;
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
