// Serves the store as a Kubernetes API over HTTP on loopback: the listener, the token, request bodies and answers.
import { timingSafeEqual } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ApiStatus, makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { RuntimeError } from "../node/runtime/runtime.ts";
import { type ApiAnswer, type ApiRequest, statusAnswer } from "./api-answer.ts";
import type { EndpointHandlers } from "./custom-endpoints.ts";
import type { PodLogs } from "./pod-logs.ts";
import type { PodPorts } from "./pod-proxy.ts";
import { JsonCache } from "./reads.ts";
import { MAX_BODY_BYTES, readBody } from "./request-body.ts";
import { type Api, OPEN_PATHS, routeRequest } from "./route-request.ts";
import { sendAnswer } from "./send-answer.ts";

export interface ApiServerOptions {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, "now">;
  /**
   * A request carries it as a bearer token, or as `/token/TOKEN` before the path: kubectl and client-go send no
   * credentials over plain http.
   */
  readonly token: string;
  /** Name of the user who has the token; default `kubernetes-admin`. */
  readonly user?: string | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default a free port. */
  readonly port?: number | undefined;
  readonly logs?: PodLogs | undefined;
  readonly ports?: PodPorts | undefined;
  readonly endpoints?: EndpointHandlers | undefined;
  /** Returns the paths of unknown fields; absent: the server does not check fields. */
  readonly unknownFields?: ((object: AnyObject) => readonly string[]) | undefined;
  readonly log: Logger;
}

export class ApiServer implements AsyncDisposable {
  readonly #options: ApiServerOptions;
  readonly #api: Api;
  readonly #server: Server;
  readonly #stop = new AbortController();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { store, clock, logs, ports, endpoints, unknownFields } = options;
    this.#api = {
      store,
      now: () => clock.now(),
      json: new JsonCache(),
      logs,
      ports,
      endpoints,
      unknownFields,
    };
    // Every open request and watch adds a listener.
    setMaxListeners(0, this.#stop.signal);
    this.#server = createServer((message, response) => void this.#serve(message, response));
    // A watch has no time limit.
    this.#server.requestTimeout = 0;
  }

  /**
   * Opens the port and returns the URL, `http://127.0.0.1:41234`. Rejects with the system's error if the port is
   * in use.
   */
  async listen(): Promise<string> {
    const { host = "127.0.0.1", port = 0 } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    const address = this.#server.address() as AddressInfo;
    return `http://${address.family === "IPv6" ? `[${address.address}]` : address.address}:${address.port}`;
  }

  /** Ends watches and log streams, then closes the port. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    setImmediate(() => this.#server.closeAllConnections());
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    response.once("close", abort);
    this.#stop.signal.addEventListener("abort", abort);
    try {
      await sendAnswer(message, response, await this.#handle(message, gone.signal));
    } catch (error) {
      const { path } = targetOf(message);
      const isGone = gone.signal.aborted || (message.destroyed && !message.complete);
      if (isGone && isDisconnect(error)) {
        this.#options.log.debug("client disconnected", { method: message.method, path });
        return;
      }
      const isOutside = error instanceof RuntimeError;
      this.#options.log[isOutside ? "warn" : "error"]("request failed", { method: message.method, path, error });
      if (response.headersSent) response.destroy();
      else await sendAnswer(message, response, statusAnswer(isOutside ? unavailable(error) : internalError));
    } finally {
      this.#stop.signal.removeEventListener("abort", abort);
    }
  }

  async #handle(message: IncomingMessage, signal: AbortSignal): Promise<ApiAnswer> {
    const { path, prefix, prefixes, token, query } = targetOf(message);
    const given = token === undefined ? message.headers.authorization : `Bearer ${token}`;
    if (!OPEN_PATHS.has(path) && !this.#isBearer(given)) {
      return statusAnswer(makeFailure("Unauthorized", "Unauthorized"));
    }
    const body = await readBody(message);
    if (!body) {
      return statusAnswer(makeFailure("RequestEntityTooLarge", `Request entity too large: limit is ${MAX_BODY_BYTES}`));
    }
    const as = message.headers["impersonate-user"];
    const user = typeof as === "string" ? as : (this.#options.user ?? "kubernetes-admin");
    const { method = "GET", headers, rawHeaders } = message;
    const url = (message.url ?? "/").slice(prefix.length * prefixes);
    const request: ApiRequest = {
      method,
      path,
      prefix,
      query,
      url,
      headers,
      rawHeaders,
      body,
      user,
      signal,
    };
    return routeRequest(this.#api, request);
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
 * Parses the target of the request line, which may be any text. Splits the token prefix of kubeconfigs off the path;
 * kubectl also adds the prefix to links that have it already, so there may be several.
 */
function targetOf({ url = "/" }: IncomingMessage): Target {
  const isAbsolute = !url.startsWith("/") && URL.canParse(url);
  // With a base URL, the parser would read `//name` as a host.
  const parsed = new URL(isAbsolute ? url : `http://knap${url.startsWith("/") ? "" : "/"}${url}`);
  const { pathname, searchParams } = parsed;
  let path = pathname.length > 1 && pathname.endsWith("/") ? pathname.slice(0, -1) : pathname;
  let prefix = "";
  let prefixes = 0;
  let token: string | undefined;
  for (let match = TOKEN_PREFIX.exec(path); match; match = TOKEN_PREFIX.exec(path)) {
    [, prefix = "", token, path = "/"] = match;
    prefixes += 1;
  }
  return { path, query: searchParams, prefix, prefixes, token };
}
