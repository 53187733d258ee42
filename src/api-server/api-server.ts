// The store as a Kubernetes API over HTTP on loopback: sockets, token, bodies in, answers out. It takes no decision about any object.

import { timingSafeEqual } from "node:crypto";
import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { makeFailure } from "../apis/meta/api-status.ts";
import type { AnyObject } from "../apis/meta/object.ts";
import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import { type Answer, type ApiRequest, refuse } from "./answer.ts";
import { JsonTexts } from "./json-texts.ts";
import type { PodLogs } from "./pod-logs.ts";
import type { PodPorts } from "./pod-proxy.ts";
import { MOST_BODY_BYTES, readBody } from "./request-body.ts";
import { type Api, OPEN_PATHS, routeRequest } from "./route-request.ts";
import type { Verbs } from "./verbs.ts";

export interface ApiServerOptions {
  readonly store: ObjectStore;
  readonly clock: Pick<Clock, "now">;
  /**
   * Every request must carry it: as a bearer token, or as `/token/TOKEN` in front of the path, because kubectl and
   * client-go send no credentials of a kubeconfig over plain http.
   */
  readonly token: string;
  /** As whom the bearer of the token writes; default `kubernetes-admin`. */
  readonly user?: string;
  /** Default 127.0.0.1 and a free port. */
  readonly host?: string;
  readonly port?: number;
  readonly logs?: PodLogs;
  readonly ports?: PodPorts;
  readonly verbs?: Verbs;
  /** Paths of fields that no schema knows; absent: fields are not checked. */
  readonly unknownFields?: (object: AnyObject) => readonly string[];
  readonly log: Logger;
}

export class ApiServer implements AsyncDisposable {
  readonly #options: ApiServerOptions;
  readonly #api: Api;
  readonly #server: Server;
  readonly #stop = new AbortController();

  constructor(options: ApiServerOptions) {
    this.#options = options;
    const { store, clock, logs, ports, verbs, unknownFields } = options;
    this.#api = {
      store,
      now: () => clock.now(),
      texts: new JsonTexts(),
      ...(logs ? { logs } : {}),
      ...(ports ? { ports } : {}),
      ...(verbs ? { verbs } : {}),
      ...(unknownFields ? { unknownFields } : {}),
    };
    // Every open request and watch listens to it.
    setMaxListeners(0, this.#stop.signal);
    this.#server = createServer((message, response) => void this.#serve(message, response));
    // a watch may be quiet for as long as its client likes
    this.#server.requestTimeout = 0;
  }

  /** Opens the port and gives the address, `http://127.0.0.1:41234`. Rejects with the system's error when it is taken. */
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
    const leave = (): void => gone.abort();
    response.once("close", leave);
    this.#stop.signal.addEventListener("abort", leave);
    try {
      await this.#answer(await this.#handle(message, gone.signal), response);
    } catch (error) {
      this.#options.log.error("request failed", { method: message.method, url: message.url, error });
      if (response.headersSent) response.destroy();
      else
        await this.#answer(refuse(makeFailure("InternalError", "internal error; the log of knap says more")), response);
    } finally {
      this.#stop.signal.removeEventListener("abort", leave);
    }
  }

  async #handle(message: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const { pathname, searchParams } = new URL(message.url ?? "/", "http://knap");
    const { path, prefix, prefixes, token } = splitToken(pathname);
    const given = token === undefined ? message.headers.authorization : `Bearer ${token}`;
    if (!OPEN_PATHS.has(path) && !this.#isBearer(given)) {
      return refuse(makeFailure("Unauthorized", "Unauthorized"));
    }
    const body = await readBody(message);
    if (!body) {
      return refuse(makeFailure("RequestEntityTooLarge", `Request entity too large: limit is ${MOST_BODY_BYTES}`));
    }
    const as = message.headers["impersonate-user"];
    const user = typeof as === "string" ? as : (this.#options.user ?? "kubernetes-admin");
    const { method = "GET", headers, rawHeaders } = message;
    const url = (message.url ?? "/").slice(prefix.length * prefixes);
    const request: ApiRequest = {
      method,
      path,
      prefix,
      query: searchParams,
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

  async #answer(answer: Answer, response: ServerResponse): Promise<void> {
    if ("stream" in answer) {
      const instead = await answer.stream(response);
      if (instead) await this.#answer(instead, response);
      return;
    }
    // bytes, not text: Node writes headers in the encoding of a text that follows them
    const body = Buffer.from("text" in answer ? answer.text : JSON.stringify(answer.json));
    const warnings = ("warnings" in answer ? (answer.warnings ?? []) : []).map(warningHeader);
    if (warnings.length > 0) response.setHeader("warning", warnings);
    if (answer.code === 413) response.setHeader("connection", "close");
    response.writeHead(answer.code, {
      "content-type": answer.contentType ?? "application/json",
      "content-length": body.length,
    });
    response.end(body);
  }
}

const TOKEN_PREFIX = /^(\/token\/([^/]+))(\/.*)?$/;

/**
 * A path with the token in front, as kubeconfigs carry it. Once is enough, but kubectl puts the prefix of its server
 * before links that have it already.
 */
function splitToken(pathname: string): {
  readonly path: string;
  readonly prefix: string;
  /** How often it stood there. */
  readonly prefixes: number;
  readonly token: string | undefined;
} {
  let path = pathname.length > 1 && pathname.endsWith("/") ? pathname.slice(0, -1) : pathname;
  let prefix = "";
  let prefixes = 0;
  let token: string | undefined;
  for (let match = TOKEN_PREFIX.exec(path); match; match = TOKEN_PREFIX.exec(path)) {
    [, prefix = "", token, path = "/"] = match;
    prefixes += 1;
  }
  return { path, prefix, prefixes, token };
}

/** `299 - "text"`, its UTF-8 bytes as Node takes them for a header. */
function warningHeader(text: string): string {
  const quoted = text.replace(/[\u0000-\u001f\u007f]+/g, " ").replace(/["\\]/g, "\\$&");
  return Buffer.from(`299 - "${quoted}"`, "utf8").toString("latin1");
}
