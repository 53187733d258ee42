// One request on its way to a container over HTTP/1.1 and its answer on the way back, streamed both ways. Once only; no decisions about errors.
import type { Socket } from "node:net";
import { DRAINED_BYTES } from "../http/after-body.ts";
import { reasonOf } from "../http/errors.ts";
import type { ResponseBody, Exchange, RawHeaders } from "../http/exchange.ts";
import type { ForwardOptions, ForwardOutcome } from "../http/forwarder.ts";
import { upgradeType } from "../http/headers.ts";
import { readAnswerHead } from "./answer-headers.ts";
import { GuessedBody } from "./guessed-body.ts";
import { makeRequestHead, type RequestHead } from "./request-head.ts";
import { RequestPump } from "./request-pump.ts";
import type { ResponseHead } from "./response-parser.ts";
import { Tunnel } from "./tunnel.ts";
import type { ResponseReceiver, UpstreamConnection } from "./upstream-connection.ts";
import type { ConnectionWaiter, UpstreamPool } from "./upstream-pool.ts";
import { WithheldEvents } from "./withheld-events.ts";

/** An answer of known length is sent when so much has come, or all of it: what Go's server buffers. */
const HELD_BYTES = 4096;
/** A body so small is sent as text: node:http then writes it together with the head in one buffer. */
const SMALL = 1024;
/** How long the container may take to answer `Expect: 100-continue` before the body is sent anyway. */
const CONTINUE_WAIT_MS = 1_000;
const PRINTABLE = /^[\x20-\x7e]*$/;

export class Http1Forward implements ResponseReceiver, ConnectionWaiter {
  private readonly pool: UpstreamPool;
  private readonly exchange: Exchange;
  private readonly options: ForwardOptions;
  private readonly resolve: (outcome: ForwardOutcome) => void;
  private head: RequestHead | undefined;
  private connection: UpstreamConnection | undefined;
  private pump: RequestPump | undefined;
  private continueTimer: NodeJS.Timeout | undefined;
  private body: ResponseBody | undefined;
  private upgrade: string | undefined;
  private status = 0;
  private length: number | undefined;
  private held: Buffer | undefined;
  private holds = false;
  private flushed = false;
  private received = 0;
  private waitsForDrain = false;
  private tunnelled = false;
  private settled = false;
  /** What came of the answer while it is withheld, in order. */
  private withheld: WithheldEvents | undefined;

  constructor(pool: UpstreamPool, exchange: Exchange, options: ForwardOptions, resolve: (outcome: ForwardOutcome) => void) {
    this.pool = pool;
    this.exchange = exchange;
    this.options = options;
    this.resolve = resolve;
  }

  begin(): void {
    const { exchange, options, pool } = this;
    if (exchange.upgrade !== undefined) this.upgrade = upgradeType(options.headers);
    if (exchange.method === "CONNECT") {
      this.fail("EREFUSED", "client sent unsupported CONNECT request");
      return;
    }
    if (this.upgrade !== undefined && !PRINTABLE.test(this.upgrade)) {
      this.fail("EREFUSED", `client tried to switch to invalid protocol ${JSON.stringify(this.upgrade)}`);
      return;
    }
    this.head = makeRequestHead({
      method: exchange.method,
      target: exchange.target,
      headers: options.headers,
      authority: `${pool.host}:${pool.port}`,
      hasBody: exchange.hasBody,
      upgrade: this.upgrade,
    });
    exchange.onClosed(() => this.onClientGone());
    options.onCancellable?.(this);
    if (!this.settled) pool.take(this);
  }

  onConnection(connection: UpstreamConnection): void {
    if (this.settled) {
      connection.destroy();
      return;
    }
    const head = this.head as RequestHead;
    this.connection = connection;
    connection.lend(this);
    connection.socket.write(head.text, "latin1");
    if (!this.exchange.hasBody) return;
    this.pump = new RequestPump({
      exchange: this.exchange,
      sink: connection.socket,
      chunked: head.chunked,
      options: this.options,
      onFault: (message) => this.onBodyFault(message),
    });
    if (head.expects) this.continueTimer = setTimeout(() => this.sendBody(), CONTINUE_WAIT_MS);
    else this.pump.start();
  }

  onDialFailed(code: string, message: string): void {
    if (!this.settled) this.settle({ kind: "unreachable", code, message });
  }

  onHead(head: ResponseHead): boolean {
    const { exchange, options } = this;
    if (head.status !== 101) options.onActivity?.(0);
    if (head.status < 200) return this.onInterim(head);
    const { headers, length, typeless, events, encoding } = readAnswerHead(head.status, head.headers);
    if (encoding !== undefined) {
      this.fail("HPE_ENCODING", `unsupported transfer encoding: ${JSON.stringify(encoding)}`);
      return false;
    }
    const sent = options.onHead?.(head.status, headers) ?? headers;
    const empty = exchange.method === "HEAD" || head.status === 204 || head.status === 304;
    this.status = head.status;
    this.length = empty ? 0 : length;
    this.holds = length !== undefined && !events;
    const start = (): void => this.start(head.status, sent, empty || length === 0, typeless && this.holds);
    if (options.holdsResponse && exchange.version !== "2" && this.pump?.sending) this.withhold(start, sent);
    else start();
    return exchange.method !== "HEAD";
  }

  private start(status: number, sent: RawHeaders, empty: boolean, guesses: boolean): void {
    try {
      if (guesses && !empty) this.body = new GuessedBody(this.exchange, status, sent);
      else this.body = this.exchange.start(status, reasonOf(status), sent, empty);
    } catch (fault) {
      // The server side refuses a header that the parser let through.
      this.fail("EHEAD", String(fault));
    }
  }

  private withhold(start: () => void, sent: RawHeaders): void {
    const pump = this.pump as RequestPump;
    const close = (): void => void (sent as string[]).push("Connection", "close");
    if ((this.head?.length ?? 0) - pump.taken >= DRAINED_BYTES) {
      close();
      start();
      return;
    }
    const withheld = new WithheldEvents();
    withheld.keep(start);
    this.withheld = withheld;
    this.connection?.pause();
    pump.discard(DRAINED_BYTES, (ended) => {
      if (!ended) close();
      this.withheld = undefined;
      withheld.run(() => !this.settled);
      if (this.settled) return;
      this.connection?.resume();
      this.onBatch();
    });
  }

  onBody(chunk: Buffer): void {
    if (this.withheld?.keep(() => this.onBody(chunk))) return;
    this.options.onActivity?.(chunk.length);
    this.received += chunk.length;
    const { held } = this;
    if (held === undefined) this.held = chunk;
    else if (this.holds && held.length + chunk.length <= HELD_BYTES) this.held = Buffer.concat([held, chunk]);
    else {
      this.write(held);
      this.held = chunk;
    }
  }

  onBatch(): void {
    const { held, body } = this;
    if (body === undefined || (this.holds && (held?.length ?? 0) <= HELD_BYTES)) return;
    if (held !== undefined) {
      this.held = undefined;
      this.write(held);
    } else if (!this.flushed) {
      this.flushed = true;
      body.flushHeaders?.();
    }
  }

  onEnd(trailers: readonly string[]): void {
    if (this.withheld?.keep(() => this.onEnd(trailers))) return;
    const { body, connection, held } = this;
    if (body === undefined || connection === undefined) return;
    this.settle({ kind: "done", status: this.status });
    if (this.pump === undefined || this.pump.done) this.pool.giveBack(connection);
    else connection.destroy();
    if (trailers.length > 0) this.exchange.trailers(trailers);
    if (held === undefined) body.end();
    else if (held.length <= SMALL) body.end(held.toString("latin1"), "latin1");
    else body.end(held);
  }

  onFault(code: string, message: string): void {
    if (this.settled || this.withheld?.keep(() => this.onFault(code, message))) return;
    const { connection, body } = this;
    if (body !== undefined) {
      if (!this.holds && this.held !== undefined) body.write(this.held);
      this.settle({ kind: "truncated", status: this.status });
      this.exchange.abort("the container closed the connection before the answer was whole");
    } else if (connection !== undefined && connection.uses > 1 && !connection.answered && this.head?.replayable) {
      this.pool.take(this);
    } else this.settle({ kind: "unreachable", code, message });
  }

  onDrain(): void {
    this.pump?.resume();
  }

  /** Calls the request off; see {@link ForwardOutcome} "cancelled". */
  cancel(): void {
    if (this.settled) return;
    const { body, held } = this;
    if (body !== undefined && held !== undefined) body.write(held);
    const room = this.length === undefined ? Number.POSITIVE_INFINITY : this.length - this.received;
    this.settle(body === undefined ? { kind: "cancelled", room } : { kind: "cancelled", body, room });
    this.connection?.destroy();
  }

  /** The client's body is broken: the container cannot be given the rest. */
  private onBodyFault(message: string): void {
    if (this.settled) return;
    if (this.body === undefined) {
      this.fail("EBODY", message);
      return;
    }
    this.settle({ kind: "truncated", status: this.status });
    this.connection?.destroy();
    this.exchange.abort(message);
  }

  private onClientGone(): void {
    if (this.settled) return;
    this.settle(this.tunnelled ? { kind: "done", status: 101 } : { kind: "abandoned" });
    this.connection?.destroy();
  }

  private onInterim(head: ResponseHead): boolean {
    if (head.status === 101) {
      this.switchProtocols(head);
      return false;
    }
    this.exchange.sendInterim(head.status, head.headers);
    this.options.onInterim?.(head.status);
    if (head.status === 100 && this.continueTimer !== undefined) this.sendBody();
    return false;
  }

  private switchProtocols(head: ResponseHead): void {
    const { exchange, upgrade, connection } = this;
    const type = upgradeType(head.headers) ?? "";
    if (upgrade === undefined || exchange.upgrade === undefined || type.toLowerCase() !== upgrade.toLowerCase()) {
      const asked = JSON.stringify(upgrade ?? "");
      this.fail("EUPGRADE", `backend tried to switch protocol ${JSON.stringify(type)} when ${asked} was requested`);
      return;
    }
    this.tunnelled = true;
    this.body = exchange.start(101, reasonOf(101), this.options.onHead?.(101, head.headers) ?? head.headers);
    const { socket, head: early } = exchange.upgrade;
    const onOver = (): void => {
      if (this.settled) return;
      this.settle({ kind: "done", status: 101 });
      exchange.abort("the container closed the connection");
    };
    new Tunnel({ client: socket as Socket, early, connection: connection as UpstreamConnection, onOver });
  }

  private sendBody(): void {
    clearTimeout(this.continueTimer);
    this.continueTimer = undefined;
    this.exchange.sendInterim(100, []);
    this.pump?.start();
  }

  private write(chunk: Buffer): void {
    const { body, connection } = this;
    this.flushed = true;
    if (body === undefined || body.write(chunk) || this.waitsForDrain) return;
    this.waitsForDrain = true;
    connection?.pause();
    body.once("drain", () => {
      this.waitsForDrain = false;
      connection?.resume();
    });
  }

  /** Gives up on the container before anything was sent to the client. */
  private fail(code: string, message: string): void {
    this.settle({ kind: "unreachable", code, message });
    this.connection?.destroy();
  }

  private settle(outcome: ForwardOutcome): void {
    this.settled = true;
    if (this.continueTimer !== undefined) clearTimeout(this.continueTimer);
    this.pump?.stop();
    this.resolve(outcome);
  }
}
