// Listens for DNS queries on UDP and TCP, passes each to a function and sends the reply. Does not parse messages.
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import { FrameReader, frame } from "./dns-frames.ts";

export type Transport = "udp" | "tcp";
/** Resolves with undefined to send no reply. `peer`: the address of the container that asks; "-" if unknown. */
export type AnswerQuery = (query: Buffer, transport: Transport, peer: string) => Promise<Buffer | undefined>;

/** An idle TCP connection is closed after this time. */
const IDLE_MS = 10_000;

/** Rejects with the error of the failed listen (EACCES, EADDRINUSE, …). Then nothing is left open. */
export async function openDnsServer(
  { host, port }: { readonly host: string; readonly port: number },
  answer: AnswerQuery,
): Promise<AsyncDisposable & { readonly port: number }> {
  const streams = new Set<Socket>();
  const tcp = createServer((socket) => {
    streams.add(socket);
    socket.on("close", () => streams.delete(socket));
    const { remoteAddress: peer = "-" } = socket;
    serveStream(socket, (query) => answer(query, "tcp", peer));
  });
  const close = async (): Promise<void> => {
    for (const socket of streams) socket.destroy();
    await new Promise<void>((resolve) => tcp.close(() => resolve()));
  };
  await listen(tcp, host, port);
  const bound = tcp.address() as { port: number };
  try {
    const udp = await bindUdp(host, bound.port, (query, peer) => answer(query, "udp", peer));
    return {
      port: bound.port,
      [Symbol.asyncDispose]: async () => {
        await Promise.all([close(), new Promise<void>((resolve) => udp.close(() => resolve()))]);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Answers the queries of one TCP connection, in the order in which replies are ready. */
export function serveStream(socket: Socket, answer: (query: Buffer) => Promise<Buffer | undefined>): void {
  const reader = new FrameReader();
  socket.setTimeout(IDLE_MS, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    for (const query of reader.push(chunk)) {
      answerSafely(answer, query, (reply) => socket.writable && socket.write(frame(reply)));
    }
  });
}

/** An error, for instance of a malformed query, gives no reply. */
function answerSafely(
  answer: (query: Buffer) => Promise<Buffer | undefined>,
  query: Buffer,
  send: (reply: Buffer) => unknown,
): void {
  answer(query)
    .then((reply) => reply && send(reply))
    .catch(() => {});
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      // A later error concerns one connection (too many open files), and must not stop the listener.
      server.off("error", reject).on("error", () => {});
      resolve();
    });
  });
}

function bindUdp(
  host: string,
  port: number,
  answer: (query: Buffer, peer: string) => Promise<Buffer | undefined>,
): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  let open = true;
  socket.on("close", () => {
    open = false;
  });
  socket.on("message", (query, from) => {
    const answerPeer = (asked: Buffer) => answer(asked, from.address);
    answerSafely(answerPeer, query, (reply) => open && socket.send(reply, from.port, from.address, () => {}));
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      if (open) socket.close();
      reject(error);
    });
    socket.bind({ address: host, port }, () => {
      // A send to a client that no longer exists emits an error, which must not stop the listener.
      socket.removeAllListeners("error").on("error", () => {});
      resolve(socket);
    });
  });
}
