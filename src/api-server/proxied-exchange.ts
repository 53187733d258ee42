// Adapts a request to the `pods/proxy` subresource, and its response, to the data plane's Exchange.
import { Readable } from "node:stream";
import type { Exchange, RawHeaders, RequestTiming, ResponseBody } from "../data-plane/http/exchange.ts";
import { headerValue, withForwardedFor, withoutHeaders } from "../data-plane/http/headers.ts";
import type { ApiRequest } from "./api-answer.ts";

/** Headers that authenticate the client to the API. The pod does not get them. */
const CREDENTIALS = new Set(["authorization", "impersonate-user", "impersonate-group", "impersonate-uid"]);
/** The client address that the pod sees is that of the API server. */
const API_ADDRESS = "127.0.0.1";

export class ProxiedExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly version = "1.1";
  readonly headers: RawHeaders;
  readonly peer = API_ADDRESS;
  readonly listener = "local";
  readonly body: Readable;
  readonly hasBody: boolean;
  readonly timing: RequestTiming = {};
  readonly #client: Exchange;

  constructor(request: ApiRequest, client: Exchange, target: string) {
    this.method = request.method;
    this.target = target;
    this.headers = withForwardedFor(withoutHeaders(request.headers, CREDENTIALS), API_ADDRESS);
    this.host = headerValue(this.headers, "host") ?? "";
    this.hasBody = request.body.length > 0;
    this.body = Readable.from(this.hasBody ? [request.body] : [], { objectMode: false });
    this.#client = client;
  }

  get started(): boolean {
    return this.#client.started;
  }

  requestTrailers(): RawHeaders {
    return [];
  }

  sendInterim(): void {}

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
