// Serves the HTTP/1 connections of a listener with node:http, and rejects malformed requests like Go.
import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TlsOptions } from "node:tls";
import { type Handler, runHandler } from "../http/exchange.ts";
import { hasToken } from "../http/headers.ts";
import { readConnectTarget, readTarget } from "../http/target.ts";
import { Http1Exchange, type Http1Parts, UNEXPECTED_EOF } from "./http1-exchange.ts";
import { BAD_REQUEST, faultOf, rawRefusal, sendRefusal } from "./http1-refusal.ts";
import type { ListenerLimits, ListenerState, ListenerTls } from "./listener-options.ts";
import { takeFirstLine } from "./protocol-sniffer.ts";

const EXCHANGE = Symbol("exchange");
type ExchangeHolder = { [EXCHANGE]?: Http1Exchange };
/** A connection with its latest exchange; "refused": a request was rejected and the connection is closing. */
type ConnectionState = { [EXCHANGE]?: Http1Exchange | "refused" };

export interface Http1ListenerParts {
  readonly state: ListenerState;
  readonly handler: Handler;
  readonly limits: ListenerLimits;
  readonly tls: ListenerTls | undefined;
  /** Called with every new connection (after TLS). Passes HTTP/1 connections to `take`. */
  readonly onConnection: (socket: Socket) => void;
}

export interface Http1Listener {
  /** The listening server, for all connections: node:http enforces timeouts only on a server that listens. */
  readonly server: Server;
  take(socket: Socket): void;
}

export function makeHttp1Listener({ state, handler, limits, tls, onConnection }: Http1ListenerParts): Http1Listener {
  const server = makeServer(limits, tls);
  const event = tls === undefined ? "connection" : "secureConnection";
  const onHttp1 = server.listeners(event)[0] as (socket: Socket) => void;
  server.removeListener(event, onHttp1);
  server.on(event, onConnection);
  const adopt = (socket: Duplex): void => onConnection(socket as Socket);

  const serve = (request: IncomingMessage, response: ServerResponse, upgrade?: Http1Parts["upgrade"]): void => {
    const socket: Socket & ConnectionState = request.socket;
    const before = socket[EXCHANGE];
    // Requests after a rejected one are ignored.
    if (before === "refused") return;
    const first = takeFirstLine(socket);
    if (first !== undefined) request.method = first.method;
    const fault = faultOf(request);
    const target = first?.target ?? (request.url as string);
    const readAny = request.method === "CONNECT" ? readConnectTarget : readTarget;
    const read = fault === undefined ? readAny(target) : undefined;
    if (read === undefined) {
      socket[EXCHANGE] = "refused";
      sendRefusal(response, fault ?? BAD_REQUEST);
      return;
    }
    dropProxyKeepAlive(request, response);
    const exchange = new Http1Exchange({ request, response, target: read.target, host: read.host, state, upgrade });
    (response as ExchangeHolder)[EXCHANGE] = exchange;
    response.on("close", onResponseClose).on("error", ignore);
    socket[EXCHANGE] = exchange;
    const begin = (): void => runHandler(handler, exchange);
    if (before === undefined || before.isClosed) begin();
    else beginAfter(socket, before, begin);
  };

  server.on("request", serve);
  server.on("checkContinue", (request, response) => serve(request, response));
  server.on("checkExpectation", (_request: IncomingMessage, response: ServerResponse) => {
    response.removeHeader("connection");
    response.writeHead(417, ["Connection", "close", "Content-Length", "0"]).end();
  });
  server.on("upgrade", (request, socket, head) => handleUpgrade({ request, socket, head, adopt, serve }));
  server.on("connect", (request, socket, head) => handleUpgrade({ request, socket, head, adopt, serve }));
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => refuseRaw(error, socket as Socket));
  return { server, take: (socket) => onHttp1.call(server, socket) };
}

function makeServer(limits: ListenerLimits, tls: ListenerTls | undefined): Server {
  const options = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: 0,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(10_000, Math.max(100, limits.headersTimeoutMs / 4)),
    requireHostHeader: false,
    noDelay: true,
  };
  const server = tls === undefined ? createServer(options) : createSecureServer({ ...options, ...secureOptions(tls) });
  server.maxHeadersCount = 0;
  server.timeout = 0;
  server.on("tlsClientError", ignore);
  return server;
}

function secureOptions({ key, cert, contextFor }: ListenerTls): TlsOptions {
  const SNICallback: TlsOptions["SNICallback"] = contextFor && ((name, done) => done(null, contextFor(name)));
  return { key, cert, ALPNProtocols: ["h2", "http/1.1"], ...(SNICallback && { SNICallback }) };
}

/** Starts a pipelined request after the previous response is complete, like Go. node:http emits it earlier. */
function beginAfter(socket: Socket, before: Http1Exchange, begin: () => void): void {
  socket.pause();
  const next = (): void => {
    if (socket.destroyed || socket.writableEnded) return;
    socket.resume();
    begin();
  };
  // The previous handler releases its resources before the next turn of the event loop.
  before.onClosed(() => void setImmediate(next));
}

/** Closes an HTTP/1.0 connection unless `Connection` keeps it. Node's parser also obeys `Proxy-Connection`. */
function dropProxyKeepAlive({ headers, httpVersionMinor }: IncomingMessage, response: ServerResponse): void {
  if (httpVersionMinor > 0 || headers["proxy-connection"] === undefined) return;
  response.shouldKeepAlive &&= hasToken(headers.connection ?? "", "keep-alive");
}

function onResponseClose(this: ServerResponse): void {
  (this as ExchangeHolder)[EXCHANGE]?.close();
}

/** Go's error texts for malformed chunked bodies. */
const BODY_FAULTS: Readonly<Record<string, string>> = {
  HPE_INVALID_CHUNK_SIZE: "invalid byte in chunk length",
  HPE_STRICT: "malformed chunked encoding",
  HPE_LF_EXPECTED: "malformed chunked encoding",
  HPE_CR_EXPECTED: "chunked line ends with bare LF",
  HPE_INVALID_HEADER_TOKEN: "malformed MIME header: missing colon",
  HPE_INVALID_EOF_STATE: UNEXPECTED_EOF,
};

/** Replies to bytes that the parser rejected, after the responses that are in progress. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Socket): void {
  const before = (socket as ConnectionState)[EXCHANGE];
  if (before === "refused") return;
  if (error.code === "ECONNRESET" || error.code === "ERR_HTTP_REQUEST_TIMEOUT" || !socket.writable) {
    socket.destroy();
    return;
  }
  if (before?.failBody(BODY_FAULTS[error.code ?? ""] ?? "malformed chunked encoding")) return;
  const raw = rawRefusal(error.code);
  const end = (): void => {
    socket.end(raw, "latin1");
    // Unread bytes would make the kernel reset the connection, and the client would lose the reply.
    socket.resume();
    setTimeout(() => socket.destroy(), 500).unref();
  };
  if (before === undefined) end();
  else before.onClosed(() => (socket.writable ? end() : socket.destroy()));
}

interface UpgradeParts {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly adopt: (socket: Duplex) => void;
  readonly serve: (request: IncomingMessage, response: ServerResponse, upgrade?: Http1Parts["upgrade"]) => void;
}

/** Serves an upgrade request, whose socket node:http detaches. After a refusal the listener gets the socket back. */
function handleUpgrade({ request, socket, head, adopt, serve }: UpgradeParts): void {
  socket.on("error", ignore);
  // CONNECT is always refused. If the parser got the request again, this code would run again without end.
  const isRetried = hasBody(request) || request.headers.upgrade?.toLowerCase() === "h2c";
  if (isRetried && request.method !== "CONNECT") {
    socket.unshift(Buffer.concat([withoutUpgrade(request), head]));
    adopt(socket);
    return;
  }
  const begin = (): void => {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = request.httpVersionMinor > 0 && request.method !== "CONNECT";
    response.assignSocket(socket as Socket);
    socket.once("close", () => (response as ExchangeHolder)[EXCHANGE]?.close());
    const unwatch = watchForEnd(socket);
    response.once("finish", () => {
      unwatch();
      response.detachSocket(socket as Socket);
      (response as ExchangeHolder)[EXCHANGE]?.close();
      if (!response.shouldKeepAlive) {
        (socket as Socket).destroySoon();
        return;
      }
      if (head.length > 0) socket.unshift(head);
      adopt(socket);
    });
    serve(request, response, { socket, head, unwatch });
  };
  const before = (socket as ConnectionState)[EXCHANGE];
  if (before === "refused") return;
  if (before === undefined) begin();
  else before.onClosed(() => !socket.destroyed && begin());
}

/** Destroys the socket when the client closes it, which a socket without a reader does not report. */
function watchForEnd(socket: Duplex): () => void {
  const poll = (): void => {
    if (socket.readableLength === 0) socket.read(0);
  };
  const destroy = (): void => void socket.destroy();
  socket.on("readable", poll).on("end", destroy);
  return () => socket.off("readable", poll).off("end", destroy);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
}

/**
 * Returns the head of the request without its upgrade headers, for requests that are served without the upgrade: to
 * h2c, or with a body, which node:http does not read after an upgrade.
 */
function withoutUpgrade(request: IncomingMessage): Buffer {
  const { rawHeaders } = request;
  let head = `${request.method} ${request.url} HTTP/${request.httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    let value = rawHeaders[index + 1] as string;
    if (name === "upgrade" || name === "http2-settings") continue;
    if (name === "connection") value = value.replace(/(^|,)\s*upgrade\s*(?=,|$)/gi, "$1");
    head += `${rawHeaders[index]}: ${value}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, "latin1");
}

function ignore(): void {}
