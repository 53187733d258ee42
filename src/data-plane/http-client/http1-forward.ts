// Forwards one request to a container over HTTP/1.1 and streams the response to the client.
import type { Socket } from "node:net";
import { DRAINED_BYTES } from "../http/after-body.ts";
import { reasonOf } from "../http/errors.ts";
import type { Exchange, RawHeaders, ResponseBody } from "../http/exchange.ts";
import type { ForwardOptions, ForwardOutcome } from "../http/forwarder.ts";
import { upgradeType } from "../http/headers.ts";
import { DetectedTypeBody } from "./content-type.ts";
import { countBytesLeft, readRelayedHead } from "./relayed-head.ts";
import { CONTINUE_WAIT_MS, makeRequestHead, type RequestHead, refusalOf, switchFault } from "./request-head.ts";
import { RequestPump } from "./request-pump.ts";
import type { ResponseHead } from "./response-parser.ts";
import { Tunnel } from "./tunnel.ts";
import type { ResponseReceiver, UpstreamConnection } from "./upstream-connection.ts";
import type { ConnectionWaiter, UpstreamPool } from "./upstream-pool.ts";

/** A response of known length is buffered up to this size, as in Go's server. */
const MAX_BUFFER = 4096;
/** A body up to this size is written as a string, because node:http then sends it in one write with the head. */
const SMALL_BODY_BYTES = 1024;
export class Http1Forward implements ResponseReceiver, ConnectionWaiter {
  readonly #pool: UpstreamPool;
  readonly #exchange: Exchange;
  readonly #options: ForwardOptions;
  readonly #resolve: (outcome: ForwardOutcome) => void;
  #head: RequestHead | undefined;
  #connection: UpstreamConnection | undefined;
  #pump: RequestPump | undefined;
  #continueTimer: NodeJS.Timeout | undefined;
  #body: ResponseBody | undefined;
  #upgrade: string | undefined;
  #status = 0;
  #length: number | undefined;
  #buffer: Buffer | undefined;
  #isBuffered = false;
  #flushed = false;
  #received = 0;
  #waitsForDrain = false;
  #settled = false;
  /** Response events that wait for the end of the request body, in order. */
  #delayed: (() => void)[] | undefined;

  constructor(
    pool: UpstreamPool,
    exchange: Exchange,
    options: ForwardOptions,
    resolve: (outcome: ForwardOutcome) => void,
  ) {
    this.#pool = pool;
    this.#exchange = exchange;
    this.#options = options;
    this.#resolve = resolve;
  }

  begin(): void {
    const exchange = this.#exchange;
    if (exchange.upgrade !== undefined) this.#upgrade = upgradeType(this.#options.headers);
    const refusal = refusalOf(exchange.method, this.#upgrade);
    if (refusal !== undefined) {
      this.#fail("EREFUSED", refusal);
      return;
    }
    this.#head = makeRequestHead({
      method: exchange.method,
      target: exchange.target,
      headers: this.#options.headers,
      authority: `${this.#pool.host}:${this.#pool.port}`,
      hasBody: exchange.hasBody,
      upgrade: this.#upgrade,
    });
    exchange.onClosed(() => this.#onClientGone());
    this.#options.onCancellable?.(this);
    if (!this.#settled) this.#pool.take(this);
  }

  onConnection(connection: UpstreamConnection): void {
    if (this.#settled) {
      connection.destroy();
      return;
    }
    const head = this.#head as RequestHead;
    this.#connection = connection;
    connection.assign(this);
    connection.socket.write(head.text, "latin1");
    if (!this.#exchange.hasBody) return;
    this.#pump = new RequestPump({
      exchange: this.#exchange,
      sink: connection.socket,
      chunked: head.chunked,
      options: this.#options,
      onFault: (message) => this.#onBodyFault(message),
    });
    if (head.expects) this.#continueTimer = setTimeout(() => this.#sendBody(), CONTINUE_WAIT_MS);
    else this.#pump.start();
  }

  onDialFailed(code: string, message: string): void {
    const resend = this.#connection === undefined ? "unsent" : "replay";
    if (!this.#settled) this.#settle({ kind: "unreachable", code, message, resend });
  }

  onHead(head: ResponseHead): boolean {
    const options = this.#options;
    if (head.status !== 101) options.onActivity?.(0);
    if (head.status < 200) return this.#onInterim(head);
    const { headers, length, typeless, events, encoding } = readRelayedHead(head.status, head.headers);
    if (encoding !== undefined) {
      this.#fail("HPE_ENCODING", `unsupported transfer encoding: ${JSON.stringify(encoding)}`);
      return false;
    }
    const sent = options.onHead?.(head.status, headers) ?? headers;
    const empty = this.#exchange.method === "HEAD" || head.status === 204 || head.status === 304;
    this.#status = head.status;
    this.#length = empty ? 0 : length;
    this.#isBuffered = length !== undefined && !events;
    const start = (): void => this.#start(head.status, sent, empty || length === 0, typeless && this.#isBuffered);
    if (options.delaysResponse && this.#exchange.version !== "2" && this.#pump?.sending) this.#delay(start, sent);
    else start();
    return this.#exchange.method !== "HEAD";
  }

  #start(status: number, sent: RawHeaders, empty: boolean, detectsType: boolean): void {
    try {
      if (detectsType && !empty) this.#body = new DetectedTypeBody(this.#exchange, status, sent);
      else this.#body = this.#exchange.start(status, reasonOf(status), sent, empty);
    } catch (fault) {
      // node:http does not send every header that the parser accepts.
      this.#fail("EHEAD", String(fault));
    }
  }

  #delay(start: () => void, sent: RawHeaders): void {
    const pump = this.#pump as RequestPump;
    const close = (): void => void (sent as string[]).push("Connection", "close");
    if ((this.#head?.length ?? 0) - pump.taken >= DRAINED_BYTES) {
      close();
      start();
      return;
    }
    const delayed = [start];
    this.#delayed = delayed;
    this.#connection?.pause();
    pump.discard(DRAINED_BYTES, (ended) => {
      if (!ended) close();
      this.#delayed = undefined;
      for (const event of delayed) if (!this.#settled) event();
      if (this.#settled) return;
      this.#connection?.resume();
      this.onBatch();
    });
  }

  onBody(chunk: Buffer): void {
    if (this.#delayed?.push(() => this.onBody(chunk))) return;
    this.#options.onActivity?.(chunk.length);
    this.#received += chunk.length;
    const buffer = this.#buffer;
    if (buffer === undefined) this.#buffer = chunk;
    else if (this.#isBuffered && buffer.length + chunk.length <= MAX_BUFFER)
      this.#buffer = Buffer.concat([buffer, chunk]);
    else {
      this.#write(buffer);
      this.#buffer = chunk;
    }
  }

  onBatch(): void {
    const buffer = this.#buffer;
    if (this.#body === undefined || (this.#isBuffered && (buffer?.length ?? 0) <= MAX_BUFFER)) return;
    if (buffer !== undefined) {
      this.#buffer = undefined;
      this.#write(buffer);
    } else if (!this.#flushed) {
      this.#flushed = true;
      this.#body.flushHeaders?.();
    }
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#delayed?.push(() => this.onEnd(trailers))) return;
    const body = this.#body;
    const connection = this.#connection;
    const buffer = this.#buffer;
    if (body === undefined || connection === undefined) return;
    this.#settle({ kind: "done", status: this.#status });
    if (this.#pump?.done !== false) this.#pool.giveBack(connection);
    else connection.destroy();
    if (trailers.length > 0) this.#exchange.trailers(trailers);
    if (buffer === undefined) body.end();
    else if (buffer.length <= SMALL_BODY_BYTES) body.end(buffer.toString("latin1"), "latin1");
    else body.end(buffer);
  }

  onFault(code: string, message: string): void {
    if (this.#settled || this.#delayed?.push(() => this.onFault(code, message))) return;
    const connection = this.#connection;
    if (this.#body !== undefined) {
      if (!this.#isBuffered && this.#buffer !== undefined) this.#body.write(this.#buffer);
      this.#settle({ kind: "truncated", status: this.#status });
      this.#exchange.abort("the container closed the connection before the answer was whole");
    } else if (connection?.answered || !this.#head?.replayable) this.#fail(code, message);
    else if ((connection?.uses ?? 0) > 1) this.#pool.take(this);
    else if (this.#options.canResend) {
      this.#pool.checkDown((isDown) => {
        if (!this.#settled) this.#settle({ kind: "unreachable", code, message, resend: isDown ? "replay" : "no" });
      });
    } else this.#fail(code, message);
  }

  onDrain(): void {
    this.#pump?.resume();
  }

  /** Cancels the forward; see {@link ForwardOutcome} "cancelled". */
  cancel(): void {
    if (this.#settled) return;
    if (this.#buffer !== undefined) this.#body?.write(this.#buffer);
    this.#settle({ kind: "cancelled", body: this.#body, bytesLeft: countBytesLeft(this.#length, this.#received) });
    this.#connection?.destroy();
  }

  /** The client's body is malformed or incomplete. */
  #onBodyFault(message: string): void {
    if (this.#settled) return;
    if (this.#body === undefined) {
      this.#fail("EBODY", message);
      return;
    }
    this.#settle({ kind: "truncated", status: this.#status });
    this.#connection?.destroy();
    this.#exchange.abort(message);
  }

  #onClientGone(): void {
    if (this.#settled) return;
    this.#settle(this.#status === 101 ? { kind: "done", status: 101 } : { kind: "abandoned" });
    this.#connection?.destroy();
  }

  #onInterim(head: ResponseHead): boolean {
    if (head.status === 101) {
      this.#switchProtocols(head);
      return false;
    }
    this.#exchange.sendInterim(head.status, head.headers);
    this.#options.onInterim?.(head.status);
    if (head.status === 100 && this.#continueTimer !== undefined) this.#sendBody();
    return false;
  }

  #switchProtocols(head: ResponseHead): void {
    const { upgrade } = this.#exchange;
    const fault = switchFault(this.#upgrade, head.headers);
    if (upgrade === undefined || fault !== undefined) {
      this.#fail("EUPGRADE", fault ?? "");
      return;
    }
    this.#status = 101;
    this.#body = this.#exchange.start(101, reasonOf(101), this.#options.onHead?.(101, head.headers) ?? head.headers);
    const onOver = (): void => {
      if (this.#settled) return;
      this.#settle({ kind: "done", status: 101 });
      this.#exchange.abort("the container closed the connection");
    };
    const connection = this.#connection as UpstreamConnection;
    new Tunnel({ client: upgrade.socket as Socket, early: upgrade.head, connection, onOver });
  }

  #sendBody(): void {
    clearTimeout(this.#continueTimer);
    this.#continueTimer = undefined;
    this.#exchange.sendInterim(100, []);
    this.#pump?.start();
  }

  #write(chunk: Buffer): void {
    this.#flushed = true;
    if (this.#body === undefined || this.#body.write(chunk) || this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    this.#connection?.pause();
    this.#body.once("drain", () => {
      this.#waitsForDrain = false;
      this.#connection?.resume();
    });
  }

  /** Ends the forward before anything was sent to the client. */
  #fail(code: string, message: string): void {
    this.#settle({ kind: "unreachable", code, message, resend: "no" });
    this.#connection?.destroy();
  }

  #settle(outcome: ForwardOutcome): void {
    this.#settled = true;
    if (this.#continueTimer !== undefined) clearTimeout(this.#continueTimer);
    this.#pump?.stop();
    this.#resolve(outcome);
  }
}
