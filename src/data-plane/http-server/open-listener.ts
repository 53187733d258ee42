// Opens a listener for HTTP/1.0, HTTP/1.1 and HTTP/2 (h2c by prior knowledge, or ALPN with TLS) with one handler.
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Handler, ListenerKind } from "../http/exchange.ts";
import { makeHttp1Listener } from "./http1-listener.ts";
import { makeHttp2Listener } from "./http2-listener.ts";
import { DEFAULT_LIMITS, type ListenerLimits, type ListenerState, type ListenerTls } from "./listener-options.ts";
import { ProtocolSniffer } from "./protocol-sniffer.ts";

export type { ListenerLimits, ListenerTls } from "./listener-options.ts";

/** A connection can be closed for a new one after this time, because the bytes of a younger one may be unread. */
const IDLE_MS = 1000;

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly listener: ListenerKind;
  readonly handler: Handler;
  readonly limits?: Partial<ListenerLimits> | undefined;
  readonly tls?: ListenerTls | undefined;
}

export interface OpenListener {
  readonly host: string;
  readonly port: number;
  /** Takes a connection that was accepted elsewhere. Not for TLS listeners. */
  adopt(socket: Socket): void;
  /**
   * Stops accepting, closes idle connections, waits up to `graceMs` for busy ones, then destroys the rest, including
   * upgraded connections. Resolves when all sockets are closed. A second call may shorten the grace period.
   */
  close(graceMs: number): Promise<void>;
}

/** Opens a listener. Rejects with the error of `listen` (EADDRINUSE, EACCES, …). */
export async function openListener(options: ListenerOptions): Promise<OpenListener> {
  const { host, port, handler } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const state: ListenerState = { listener: options.listener, closing: false };
  const h2 = makeHttp2Listener(state, handler, limits);
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    if (sockets.has(socket)) return;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", ignore);
  };
  const onConnection = (socket: Socket): void => {
    track(socket);
    if (options.tls === undefined) sniffer.take(socket);
    else if ((socket as TLSSocket).alpnProtocol === "h2") h2.adopt(socket);
    else h1.take(socket);
  };
  const h1 = makeHttp1Listener({ state, handler, limits, tls: options.tls, onConnection });
  const sniffer = new ProtocolSniffer({ toH1: h1.take, toH2: h2.adopt, limitMs: limits.headersTimeoutMs });
  const listener = h1.server;
  const closeIdle = (): void => {
    listener.closeIdleConnections();
    sniffer.close(0);
    for (const session of h2.sessions.keys()) session.close();
  };
  const makeRoom = (): void => {
    listener.closeIdleConnections();
    sniffer.close(IDLE_MS);
    const latest = performance.now() - IDLE_MS;
    for (const [session, use] of h2.sessions) if (use.openStreams === 0 && use.idleSince <= latest) session.close();
  };
  if (limits.connections > 0) listener.maxConnections = limits.connections;
  listener.on("drop", makeRoom);
  // Connections that never finish their TLS handshake.
  if (options.tls !== undefined) listener.on("connection", track);
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(port, host, () => {
      listener.off("error", reject);
      resolve();
    });
  });
  let closed: Promise<void> | undefined;
  const close = async (graceMs: number): Promise<void> => {
    state.closing = true;
    closed ??= new Promise<void>((resolve) => listener.close(() => resolve()));
    closeIdle();
    const cut = (): void => {
      for (const session of h2.sessions.keys()) session.destroy();
      for (const socket of sockets) socket.destroy();
    };
    const timer = Number.isFinite(graceMs) ? setTimeout(cut, graceMs) : undefined;
    await closed;
    clearTimeout(timer);
  };
  const adopt = (socket: Socket): void => void (state.closing ? socket.destroy() : onConnection(socket));
  return { host, port: (listener.address() as AddressInfo).port, adopt, close };
}

function ignore(): void {}
