// Serves the store as a Kubernetes API over HTTP on loopback: the listener, the token, request bodies and answers.
import { timingSafeEqual } from "node:crypto";
import { setMaxListeners } from "node:events";
import { isIPv6 } from "node:net";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { Exchange } from "../data-plane/http/exchange.ts";
import { headerValue } from "../data-plane/http/headers.ts";
import { type ListenerTls, type OpenListener, openListener } from "../data-plane/http-server/open-listener.ts";
import { RuntimeError } from "../node/runtime/runtime.ts";
import { type ApiAnswer, statusAnswer } from "./api-answer.ts";
import type { EndpointHandlers } from "./custom-endpoints.ts";
import { makeReaders } from "./derived/readers.ts";
import type { PodLogs } from "./pod-logs.ts";
import type { PodPorts } from "./pod-proxy.ts";
import type { PodStreams } from "./pod-streams.ts";
import { JsonCache } from "./reads.ts";
import { MAX_BODY_BYTES, readBody } from "./request-body.ts";
import { type Api, OPEN_PATHS, routeRequest } from "./route-request.ts";
import { sendAnswer } from "./send-answer.ts";

export interface ApiServerOptions {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, "now">;
  /** The bearer token of all requests. */
  readonly token: string;
  /**
   * Serves https. Without it, a request may also carry the token as `/token/TOKEN` before the path, because client-go
   * sends no credentials over http.
   */
  readonly tls?: ListenerTls | undefined;
  /** Name of the user who has the token; default `kubernetes-admin`. */
  readonly user?: string | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default a free port. */
  readonly port?: number | undefined;
  readonly logs?: PodLogs | undefined;
  readonly ports?: PodPorts | undefined;
  readonly streams?: PodStreams | undefined;
  readonly endpoints?: EndpointHandlers | undefined;
  /** Returns the paths of unknown fields; absent: the server does not check fields. */
  readonly unknownFields?: ((object: AnyObject) => readonly string[]) | undefined;
  readonly log: Logger;
}

export class ApiServer implements AsyncDisposable {
  readonly #options: ApiServerOptions;
  readonly #api: Api;
  readonly #stop = new AbortController();
  #listener: OpenListener | undefined;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { store, clock, logs, ports, streams, endpoints, unknownFields } = options;
    this.#api = {
      store,
      readerOf: makeReaders(store),
      now: () => clock.now(),
      json: new JsonCache(),
      logs,
      ports,
      streams,
      endpoints,
      unknownFields,
    };
    // Every open request and watch adds a listener.
    setMaxListeners(0, this.#stop.signal);
  }

  /**
   * Opens the port and returns the URL, `https://127.0.0.1:41234`. Rejects with the system's error if the port is
   * in use.
   */
  async listen(): Promise<string> {
    const { host = "127.0.0.1", port = 0, tls } = this.#options;
    const handler = (exchange: Exchange): Promise<void> => this.#serve(exchange);
    this.#listener = await openListener({ host, port, listener: "local", handler, tls });
    return `${tls ? "https" : "http"}://${isIPv6(host) ? `[${host}]` : host}:${this.#listener.port}`;
  }

  /** Ends watches and log streams, then closes the port. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#listener?.close(0);
  }

  async #serve(exchange: Exchange): Promise<void> {
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    exchange.onClosed(abort);
    this.#stop.signal.addEventListener("abort", abort);
    try {
      await sendAnswer(exchange, await this.#handle(exchange, gone.signal));
    } catch (error) {
      const { method, body } = exchange;
      const { path } = this.#targetOf(exchange);
      const isGone = gone.signal.aborted || (body.destroyed && !body.readableEnded);
      if (isGone && isDisconnect(error)) {
        this.#options.log.debug("client disconnected", { method, path });
        return;
      }
      const isOutside = error instanceof RuntimeError;
      this.#options.log[isOutside ? "warn" : "error"]("request failed", { method, path, error });
      if (exchange.started) exchange.abort("the request failed");
      else await sendAnswer(exchange, statusAnswer(isOutside ? unavailable(error) : internalError));
    } finally {
      this.#stop.signal.removeEventListener("abort", abort);
    }
  }

  async #handle(exchange: Exchange, signal: AbortSignal): Promise<ApiAnswer> {
    const { method, headers } = exchange;
    const { path, prefix, prefixes, token, query } = this.#targetOf(exchange);
    const given = token === undefined ? headerValue(headers, "authorization") : `Bearer ${token}`;
    if (!OPEN_PATHS.has(path) && !this.#isBearer(given)) {
      return statusAnswer(makeFailure("Unauthorized", "Unauthorized"));
    }
    const body = await readBody(exchange);
    if (!body) {
      return statusAnswer(makeFailure("RequestEntityTooLarge", `Request entity too large: limit is ${MAX_BODY_BYTES}`));
    }
    const user = headerValue(headers, "impersonate-user") ?? this.#options.user ?? "kubernetes-admin";
    const url = exchange.target.slice(prefix.length * prefixes);
    return routeRequest(this.#api, { method, path, prefix, query, url, headers, body, user, signal });
  }

  #targetOf({ target }: Exchange): Target {
    return parseTarget(target, this.#options.tls === undefined);
  }

  #isBearer(authorization: string | undefined): boolean {
    const given = Buffer.from(authorization ?? "");
    const wanted = Buffer.from(`Bearer ${this.#options.token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

const internalError = makeFailure("InternalError", "internal error; see the log of knap");

/** Returns the answer to a failure of the container runtime. */
function unavailable(error: RuntimeError): ApiStatus {
  return makeFailure("ServiceUnavailable", error.message);
}

/** Errors of a connection that the client closed. */
const DISCONNECTS = new Set(["ECONNRESET", "EPIPE", "ABORT_ERR", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"]);

function isDisconnect(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "AbortError" || DISCONNECTS.has((error as NodeJS.ErrnoException).code ?? "");
}

const TOKEN_PREFIX = /^(\/token\/([^/]+))(\/.*)?$/;

interface Target {
  /** Encoded path, without token prefixes. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly prefix: string;
  /** How many token prefixes the path had. */
  readonly prefixes: number;
  readonly token: string | undefined;
}

/**
 * Parses a target of the form of origin. If `hasToken`, splits the token prefix of kubeconfigs off the path; kubectl
 * also adds the prefix to links that have it already, so there may be several.
 */
function parseTarget(target: string, hasToken: boolean): Target {
  // With a base URL, the parser would read `//name` as a host.
  const { pathname, searchParams } = new URL(`http://knap${target.startsWith("/") ? "" : "/"}${target}`);
  let path = pathname.length > 1 && pathname.endsWith("/") ? pathname.slice(0, -1) : pathname;
  let prefix = "";
  let prefixes = 0;
  let token: string | undefined;
  for (let match = hasToken && TOKEN_PREFIX.exec(path); match; match = TOKEN_PREFIX.exec(path)) {
    [, prefix = "", token, path = "/"] = match;
    prefixes += 1;
  }
  return { path, query: searchParams, prefix, prefixes, token };
}
