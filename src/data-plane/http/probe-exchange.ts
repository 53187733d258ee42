// Sends a probe (`GET /healthz`) to a handler in this process, without a socket.
import { Readable, Writable } from "node:stream";
import { ClosedHooks } from "./closed-hooks.ts";
import type { LocalReply } from "./errors.ts";
import type { Exchange, Handler, ListenerKind, RawHeaders, RequestTiming, ResponseBody } from "./exchange.ts";

export interface ProbeRequest {
  readonly host: string;
  readonly headers: RawHeaders;
  /** The address of the prober. */
  readonly peer: string;
  /** The listener that the probe appears to arrive on; default "local". */
  readonly listener?: ListenerKind;
}

/** Knative's path of probes; handlers ignore it (`networking/pkg/http/constants.go`). */
const PROBE_PATH = "/healthz";

/** Sends the probe and resolves to the response. Resolves to undefined if the handler aborts or `signal` fires. */
export async function sendProbe(
  handler: Handler,
  probe: ProbeRequest,
  signal?: AbortSignal,
): Promise<LocalReply | undefined> {
  const exchange = new ProbeExchange(probe);
  const cancel = (): void => exchange.abort();
  if (signal?.aborted) return undefined;
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const abortUnstarted = (): void => {
      if (!exchange.started) exchange.abort();
    };
    handler(exchange).then(abortUnstarted, cancel);
    return await exchange.reply;
  } catch {
    return undefined;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

class ProbeExchange implements Exchange {
  readonly method = "GET";
  readonly target = PROBE_PATH;
  readonly version = "1.1";
  readonly listener: ListenerKind;
  readonly hasBody = false;
  readonly timing: RequestTiming = {};
  readonly host: string;
  readonly headers: RawHeaders;
  readonly peer: string;
  readonly body = Readable.from([]);
  readonly reply: Promise<LocalReply | undefined>;
  started = false;
  #settle: (reply: LocalReply | undefined) => void = () => {};
  readonly #closed = new ClosedHooks();

  constructor({ host, headers, peer, listener = "local" }: ProbeRequest) {
    this.host = host;
    this.listener = listener;
    this.headers = ["Host", host, ...headers];
    this.peer = peer;
    this.reply = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  requestTrailers(): RawHeaders {
    return [];
  }

  sendInterim(): void {}

  start(status: number, _reason: string, headers: RawHeaders): ResponseBody {
    this.started = true;
    let body = "";
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        body += chunk.toString("latin1");
        done();
      },
      final: (done) => {
        this.#settle({ status, headers, body });
        done();
        this.#closed.run();
      },
    });
  }

  trailers(): void {}

  abort(): void {
    this.#settle(undefined);
    this.#closed.run();
  }

  onClosed(run: () => void): void {
    this.#closed.add(run);
  }
}
