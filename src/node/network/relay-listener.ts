// Accepts connections of the gateway container that have the session's secret, and hands each to the listener or to the
// DNS that its first line names.
import { createServer, type Socket } from "node:net";
import type { OpenListener } from "../../data-plane/http-server/open-listener.ts";
import { type AnswerQuery, serveStream } from "./dns-server.ts";
import { HELLO_REPLY, LONGEST_PREFACE, type Preface, readPreface } from "./relay-protocol.ts";

/** A connection whose preface takes longer is destroyed. */
const PREFACE_MS = 5000;

export interface RelayListenerOptions {
  readonly host: string;
  readonly secret: string;
  readonly listeners: Readonly<Record<"local" | "public", Pick<OpenListener, "adopt">>>;
  readonly dns: AnswerQuery;
  /** Called when the gateway container has reached knap and serves containers. */
  readonly onReady: () => void;
}

/** Listens on a free port. Rejects with the error of `listen`. */
export async function openRelayListener(
  options: RelayListenerOptions,
): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => socket.destroy());
    takePreface(socket, (line) => {
      const preface = readPreface(options.secret, line);
      if (preface) serve(socket, preface, options);
      else socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    // A later error concerns one connection (too many open files), and is ignored.
    server.on("error", reject);
    server.listen({ host: options.host, port: 0 }, resolve);
  });
  return {
    port: (server.address() as { port: number }).port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Reads the first line of the connection, and puts the bytes after it back. */
function takePreface(socket: Socket, onLine: (line: string) => void): void {
  let received: Buffer = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  const read = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    received = Buffer.concat([received, bytes]);
    const end = received.subarray(0, LONGEST_PREFACE).indexOf("\n");
    if (end < 0) {
      if (received.length >= LONGEST_PREFACE) giveUp();
      return;
    }
    socket.setTimeout(0);
    socket.off("readable", read).off("end", giveUp).off("timeout", giveUp);
    const after = received.subarray(end + 1);
    if (after.length > 0) socket.unshift(after);
    onLine(received.toString("latin1", 0, end));
  };
  socket.setTimeout(PREFACE_MS, giveUp);
  socket.on("readable", read).on("end", giveUp);
}

function serve(socket: Socket, { kind, peer }: Preface, { listeners, dns, onReady }: RelayListenerOptions): void {
  switch (kind) {
    case "hello":
    case "ready":
      socket.end(HELLO_REPLY);
      socket.resume();
      if (kind === "ready") onReady();
      return;
    case "dns-udp":
    case "dns-tcp": {
      const transport = kind === "dns-udp" ? "udp" : "tcp";
      socket.on("end", () => socket.end());
      serveStream(socket, (query) => dns(query, transport, peer));
      return;
    }
    default:
      // The calling container counts as the peer of the request, not the gateway.
      Object.defineProperty(socket, "remoteAddress", { value: peer });
      listeners[kind].adopt(socket);
  }
}
