// A request and its response without a socket, for tests of handlers.
import { Readable, Writable } from "node:stream";
import type {
  Exchange,
  ListenerKind,
  RawHeaders,
  RequestTiming,
  ResponseBody,
} from "../../src/data-plane/http/exchange.ts";

export interface PaperRequest {
  readonly method?: string;
  readonly target?: string;
  readonly host?: string;
  readonly headers?: RawHeaders;
  readonly kind?: ListenerKind;
  readonly peer?: string;
}

/** An {@link Exchange} whose client can disconnect and whose response can be read. */
export class PaperExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: RawHeaders;
  readonly listener: ListenerKind;
  readonly peer: string;
  readonly version = "1.1";
  readonly body = Readable.from([]);
  readonly hasBody = false;
  readonly timing: RequestTiming = {};
  started = false;
  status = 0;
  answerHeaders: RawHeaders = [];
  answer = "";
  aborted = false;
  #over = false;
  readonly #hooks: (() => void)[] = [];

  constructor(request: PaperRequest = {}) {
    this.method = request.method ?? "GET";
    this.target = request.target ?? "/";
    this.host = request.host ?? "hello.default.example.com";
    this.headers = request.headers ?? ["Host", this.host];
    this.listener = request.kind ?? "public";
    this.peer = request.peer ?? "127.0.0.1";
  }

  requestTrailers(): RawHeaders {
    return [];
  }

  sendInterim(): void {}

  start(status: number, _reason: string, headers: RawHeaders): ResponseBody {
    if (this.started) throw new Error("answered twice");
    this.started = true;
    this.status = status;
    this.answerHeaders = headers;
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.answer += chunk.toString();
        done();
      },
      final: (done) => {
        done();
        this.close();
      },
    });
  }

  trailers(): void {}

  abort(): void {
    this.aborted = true;
    this.close();
  }

  /** Ends the exchange. Before a response, this means that the client disconnected. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    for (const hook of this.#hooks) hook();
  }

  onClosed(run: () => void): void {
    if (this.#over) run();
    else this.#hooks.push(run);
  }
}
