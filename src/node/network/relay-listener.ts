// knap's end of the gateway container: takes its connections, believes only those that show the session's secret, and gives each to the door or the DNS it is for.
import { createServer, type Socket } from "node:net";
import type { OpenListener } from "../../data-plane/http-server/open-listener.ts";
import { type AnswerQuery, serveStream } from "./dns-server.ts";
import { HELLO_REPLY, LONGEST_PREFACE, type Preface, readPreface } from "./relay-preface.ts";

/** Whoever has not shown the secret by then is cut off. */
const PREFACE_MS = 5000;

export interface RelayListenerOptions {
  readonly host: string;
  readonly secret: string;
  readonly doors: Readonly<Record<"local" | "public", Pick<OpenListener, "adopt">>>;
  readonly dns: AnswerQuery;
  /** A gateway has found its way here and serves. */
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
    server.once("error", reject);
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

/** Reads up to the first line end and puts back what came after it. */
function takePreface(socket: Socket, onLine: (line: string) => void): void {
  let held: Buffer = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  const look = (): void => {
    const bytes = socket.read() as Buffer | null;
    if (bytes === null) return;
    held = Buffer.concat([held, bytes]);
    const end = held.subarray(0, LONGEST_PREFACE).indexOf("\n");
    if (end < 0) {
      if (held.length >= LONGEST_PREFACE) giveUp();
      return;
    }
    socket.setTimeout(0);
    socket.off("readable", look).off("end", giveUp).off("timeout", giveUp);
    const rest = held.subarray(end + 1);
    if (rest.length > 0) socket.unshift(rest);
    onLine(held.toString("latin1", 0, end));
  };
  socket.setTimeout(PREFACE_MS, giveUp);
  socket.on("readable", look).on("end", giveUp);
}

function serve(socket: Socket, { kind, peer }: Preface, { doors, dns, onReady }: RelayListenerOptions): void {
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
      serveStream(socket, (query) => dns(query, transport));
      return;
    }
    default:
      // The caller is the container behind the gateway, not the gateway.
      Object.defineProperty(socket, "remoteAddress", { value: peer });
      doors[kind].adopt(socket);
  }
}
