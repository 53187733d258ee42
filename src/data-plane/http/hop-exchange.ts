// An exchange as the next hop of knap's own chain sees it: other headers, another peer, the same client. It sends nothing of its own.
import type { Readable } from "node:stream";
import type { Time } from "../../base/clock.ts";
import type { Exchange, ListenerKind, Marks, RawHeaders, ResponseBody, UpgradeSocket } from "./exchange.ts";

/** What a hop changes on the way. */
export interface HopChanges {
  readonly headers: RawHeaders;
  /** The address of this hop, which the next one takes for its client's. */
  readonly peer: string;
  /** With a new host, `headers` must say the same. */
  readonly host?: string;
  /** The protocol this hop would speak to the next. */
  readonly version?: "1.1" | "2";
  /** False: an upgrade the client asked for ends here. */
  readonly upgrades?: boolean;
  /** This hop's timers, which the next one runs in its name. */
  readonly timers?: { readonly since: Time; readonly text: string };
}

/** Wraps the client's own exchange, never another hop: a chain of hops costs one indirection, however long. */
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
