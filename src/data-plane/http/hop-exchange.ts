// An exchange as the next hop sees it: changed headers and peer, same client connection.
import type { Readable } from "node:stream";
import type { Time } from "../../base/clock.ts";
import type { Exchange, ListenerKind, Marks, RawHeaders, ResponseBody, UpgradeSocket } from "./exchange.ts";

/** What a hop changes. */
export interface HopChanges {
  readonly headers: RawHeaders;
  /** The hop's own address, which the next hop sees as its client. */
  readonly peer: string;
  /** If set, `headers` must contain the same Host. */
  readonly host?: string;
  /** The protocol that the hop would use to the next hop. */
  readonly version?: "1.1" | "2";
  /** False: the client's upgrade request is not passed on. */
  readonly upgrades?: boolean;
  /** The hop's timers, which the next hop runs. */
  readonly timers?: { readonly since: Time; readonly text: string };
}

/** Always wraps the client's exchange, never another hop, so any number of hops costs one indirection. */
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
