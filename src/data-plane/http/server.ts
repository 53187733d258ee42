// A door: one port that takes HTTP/1.0, HTTP/1.1 and HTTP/2 (h2c by prior knowledge, or by ALPN behind TLS) and hands every request to one
// handler as an Exchange. It never decides what a request means.
import type { AddressInfo, Socket } from "node:net";
import { createServer as createTlsServer, type SecureContext, type TLSSocket } from "node:tls";
import type { Door, Handler } from "./exchange.ts";
import { makeHttp1Door } from "./http1-door.ts";
import type { DoorState } from "./http1-exchange.ts";
import { makeHttp2Door } from "./http2-door.ts";
import { DEFAULT_LIMITS, type DoorLimits } from "./limits.ts";
import { ProtocolSniffer } from "./protocol-sniffer.ts";

/** Certificates of a TLS door: `contextFor` is asked with the SNI name, "" when the client sent none. */
export interface DoorTls {
  readonly contextFor: (serverName: string) => SecureContext | undefined;
  readonly key?: string | Buffer;
  readonly cert?: string | Buffer;
}

export interface DoorOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly door: Door;
  readonly handler: Handler;
  readonly limits?: Partial<DoorLimits>;
  readonly tls?: DoorTls;
}

export interface OpenDoor {
  readonly host: string;
  readonly port: number;
  /**
   * Takes no more connections, closes idle ones, tells busy ones to close after their answer, waits for them at most `graceMs`,
   * then cuts what is left, upgraded connections included. Resolves when all sockets are closed. May be called again with less grace.
   */
  close(graceMs: number): Promise<void>;
}

/** Opens a door. Rejects with the error of `listen` (EADDRINUSE, EACCES, …). */
export async function openDoor(options: DoorOptions): Promise<OpenDoor> {
  const { host, port, handler } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const state: DoorState = { door: options.door, closing: false };
  const h1 = makeHttp1Door({ state, handler, limits });
  const h2 = makeHttp2Door(state, handler, limits);
  const sockets = new Set<Socket>();
  const track = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", ignore);
  };
  const onH1 = h1.server.listeners("connection")[0] as (socket: Socket) => void;
  const takeH1 = (socket: Socket): void => onH1.call(h1.server, socket);
  const sniffer = new ProtocolSniffer({ toH1: takeH1, toH2: h2.adopt, limitMs: limits.headersTimeoutMs });
  const sniff = (socket: Socket): void => {
    if (!sockets.has(socket)) track(socket);
    sniffer.take(socket);
  };
  h1.server.removeAllListeners("connection");
  h1.server.on("connection", sniff);
  // The listener must be the HTTP/1 server itself: one that is only fed sockets never enforces its header time limit.
  const listener = options.tls === undefined ? h1.server : makeTlsListener(options.tls, track, h2.adopt, takeH1);
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
    h1.server.closeIdleConnections();
    sniffer.close();
    for (const session of h2.sessions) session.close();
    const cut = (): void => {
      for (const session of h2.sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    };
    const timer = Number.isFinite(graceMs) ? setTimeout(cut, graceMs) : undefined;
    await closed;
    clearTimeout(timer);
  };
  return { host, port: (listener.address() as AddressInfo).port, close };
}

function makeTlsListener(
  tls: DoorTls,
  track: (socket: Socket) => void,
  toH2: (socket: Socket) => void,
  toH1: (socket: Socket) => void,
) {
  const listener = createTlsServer({
    ALPNProtocols: ["h2", "http/1.1"],
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    SNICallback: (name, done) => done(null, tls.contextFor(name)),
  });
  listener.on("secureConnection", (socket: TLSSocket) => {
    track(socket);
    (socket.alpnProtocol === "h2" ? toH2 : toH1)(socket);
  });
  listener.on("tlsClientError", ignore);
  return listener;
}

function ignore(): void {}
