// A probe that knap sends to one of its own handlers without a socket: GET /healthz, as Knative's components probe each
// other.
import { Readable, Writable } from "node:stream";
import { ClosedHooks } from "./closed-hooks.ts";
import type { LocalReply } from "./errors.ts";
import type { Exchange, Handler, ListenerKind, Marks, RawHeaders, ResponseBody } from "./exchange.ts";

export interface ProbeRequest {
  readonly host: string;
  readonly headers: RawHeaders;
  /** The address of the prober. */
  readonly peer: string;
  /** The listener that the probe appears to arrive on; default "local". */
  readonly listener?: ListenerKind;
}

/** The conventional path of probes; no handler reads it (`networking/pkg/http/constants.go`). */
const PROBE_PATH = "/healthz";

/** Sends the probe and resolves to the response. Resolves to undefined if the handler aborts or `signal` fires. */
export async function sendProbe(
  handler: Handler,
  question: ProbeRequest,
  signal?: AbortSignal,
): Promise<LocalReply | undefined> {
  const exchange = new ProbeExchange(question);
  const callOff = (): void => exchange.abort("called off");
  if (signal?.aborted) return undefined;
  signal?.addEventListener("abort", callOff, { once: true });
  try {
    void handler(exchange).then(() => exchange.started || exchange.abort("no answer"));
    return await exchange.reply;
  } finally {
    signal?.removeEventListener("abort", callOff);
  }
}

class ProbeExchange implements Exchange {
  readonly method = "GET";
  readonly target = PROBE_PATH;
  readonly version = "1.1";
  readonly listener: ListenerKind;
  readonly hasBody = false;
  readonly marks: Marks = {};
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

  abort(_why: string): void {
    this.#settle(undefined);
    this.#closed.run();
  }

  onClosed(run: () => void): void {
    this.#closed.add(run);
  }
}
