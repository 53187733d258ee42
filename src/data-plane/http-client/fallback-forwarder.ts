// Forwards over node:http, for a Node whose private parser is not as expected. FALLBACK_LACKS names the gaps.
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as sendRequest,
} from "node:http";
import type { Duplex } from "node:stream";
import { reasonOf } from "../http/errors.ts";
import type { Exchange, RawHeaders } from "../http/exchange.ts";
import type { Forwarder, ForwardOptions, ForwardOutcome, Upstream } from "../http/forwarder.ts";
import { upgradeType } from "../http/headers.ts";
import { IncomingRelay } from "./incoming-relay.ts";
import { CONTINUE_WAIT_MS, makeRequestHead, type RequestHead, refusalOf, switchFault } from "./request-head.ts";
import { RequestPump } from "./request-pump.ts";

/** Checks of the contract suite that this forwarder does not pass. */
export const FALLBACK_LACKS: readonly string[] = [
  "Q26 several Cookie lines stay separate",
  "Q33 a response of known length is buffered up to 4 KiB",
  "Q34 a 204 may announce trailers",
  "Q38 the response waits until the request body is read",
  "an early response of a container that then closes is not lost",
];

export class FallbackForwarder implements Forwarder {
  readonly #upstream: Upstream;
  readonly #agent: Agent;

  constructor(upstream: Upstream, maxIdle: number) {
    this.#upstream = upstream;
    this.#agent = new Agent({ keepAlive: true, maxFreeSockets: maxIdle });
  }

  forward(exchange: Exchange, options: ForwardOptions): Promise<ForwardOutcome> {
    return new Promise((resolve) => {
      new FallbackForward(exchange, options, resolve).begin(this.#upstream, this.#agent);
    });
  }

  close(): Promise<void> {
    this.#agent.destroy();
    return Promise.resolve();
  }
}

class FallbackForward extends IncomingRelay {
  begin({ host, port }: Upstream, agent: Agent): void {
    const { exchange, options } = this;
    const { method, target, hasBody } = exchange;
    const upgrade = exchange.upgrade === undefined ? undefined : upgradeType(options.headers);
    const refusal = refusalOf(method, upgrade);
    if (refusal !== undefined) {
      this.settle({ kind: "unreachable", code: "EREFUSED", message: refusal, resend: "no" });
      return;
    }
    this.watchClient();
    if (this.isSettled) return;
    const parts = { method, target, headers: options.headers, authority: `${host}:${port}`, hasBody, upgrade };
    this.#send({ host, port, method, path: target, agent, setHost: false }, makeRequestHead(parts), upgrade);
  }

  #send(target: RequestOptions, head: RequestHead, upgrade: string | undefined): void {
    const { exchange, options } = this;
    try {
      const request = sendRequest(target);
      request.removeHeader("connection");
      for (const [name, values] of headersOf(head.text)) request.setHeader(name, values);
      this.attach(request);
      request.on("response", (response) => this.onResponse(response));
      request.on("upgrade", (response, socket, early) => this.#switchProtocols({ response, socket, early, upgrade }));
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The container closed an idle connection while the request was on its way.
        const stale = request.reusedSocket && error.code === "ECONNRESET";
        if (stale && head.replayable && !exchange.started && !this.isSettled) this.#send(target, head, upgrade);
        else this.onError(error);
      });
      if (!exchange.hasBody) {
        request.end();
        return;
      }
      const onFault = (message: string): void => {
        this.onError(Object.assign(new Error(message), { code: "EBODY" }));
        request.destroy();
      };
      const pump = new RequestPump({ exchange, sink: request, chunked: false, options, onFault });
      request.on("drain", () => pump.resume());
      exchange.body.on("end", () => {
        if (!options.dropsTrailers) request.addTrailers(pairsOf(exchange.requestTrailers()));
        request.end();
      });
      if (head.expects) this.#awaitContinue(request, pump);
      else pump.start();
    } catch (fault) {
      this.settle({ kind: "unreachable", code: "EHEAD", message: String(fault), resend: "no" });
    }
  }

  /** Sends the body when the container answers 100, or after a second. */
  #awaitContinue(request: ClientRequest, pump: RequestPump): void {
    const timer = setTimeout(() => {
      this.exchange.sendInterim(100, []);
      pump.start();
    }, CONTINUE_WAIT_MS);
    request.once("continue", () => pump.start());
    for (const event of ["continue", "response", "close"]) request.once(event, () => clearTimeout(timer));
    request.flushHeaders();
  }

  #switchProtocols({ response, socket: upstream, early, upgrade }: SwitchedConnection): void {
    const { exchange, options } = this;
    const fault = switchFault(upgrade, response.rawHeaders);
    upstream.on("error", () => {});
    if (exchange.upgrade === undefined || this.isSettled || fault !== undefined) {
      this.settle({ kind: "unreachable", code: "EUPGRADE", message: fault ?? "", resend: "no" });
      upstream.destroy();
      return;
    }
    const { socket, head } = exchange.upgrade;
    const { rawHeaders } = response;
    exchange.start(101, reasonOf(101), options.onHead?.(101, rawHeaders) ?? rawHeaders);
    socket.on("error", () => {});
    socket.write(early);
    upstream.write(head);
    upstream.pipe(socket);
    socket.pipe(upstream);
    socket.once("close", () => upstream.destroy());
    upstream.once("close", () => {
      this.settle({ kind: "done", status: 101 });
      exchange.abort("the container closed the connection");
    });
  }
}

interface SwitchedConnection {
  readonly response: IncomingMessage;
  readonly socket: Duplex;
  readonly early: Buffer;
  /** The protocol that the client requested. */
  readonly upgrade: string | undefined;
}

/** Returns the header lines of a request head, repeated names joined into one entry. */
function headersOf(text: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  const names = new Map<string, string>();
  for (const line of text.split("\r\n").slice(1, -2)) {
    const written = line.slice(0, line.indexOf(":"));
    const lower = written.toLowerCase();
    const name = names.get(lower) ?? written;
    names.set(lower, name);
    headers.set(name, [...(headers.get(name) ?? []), line.slice(written.length + 2)]);
  }
  return headers;
}

function pairsOf(headers: RawHeaders): [string, string][] {
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] as string]] : []));
}
