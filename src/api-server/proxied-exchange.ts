// Adapts a request to the `pods/proxy` subresource, and its response, to the data plane's Exchange.
import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { ClosedHooks } from "../data-plane/http/closed-hooks.ts";
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
  started = false;
  readonly #response: ServerResponse;
  readonly #closed = new ClosedHooks();

  constructor(request: ApiRequest, response: ServerResponse, target: string) {
    this.method = request.method;
    this.target = target;
    this.headers = withForwardedFor(withoutHeaders(request.rawHeaders, CREDENTIALS), API_ADDRESS);
    this.host = headerValue(this.headers, "host") ?? "";
    this.hasBody = request.body.length > 0;
    this.body = Readable.from(this.hasBody ? [request.body] : [], { objectMode: false });
    this.#response = response;
    response.once("close", () => this.#closed.run());
  }

  requestTrailers(): RawHeaders {
    return [];
  }

  sendInterim(): void {}

  start(status: number, reason: string, headers: RawHeaders): ResponseBody {
    this.started = true;
    this.#response.writeHead(status, reason, headers as string[]);
    return this.#response;
  }

  trailers(headers: RawHeaders): void {
    const pairs: [string, string][] = [];
    for (let index = 0; index < headers.length; index += 2) {
      pairs.push([headers[index] as string, headers[index + 1] as string]);
    }
    this.#response.addTrailers(pairs);
  }

  abort(_why: string): void {
    this.#response.destroy();
  }

  onClosed(run: () => void): void {
    this.#closed.add(run);
  }
}
