// The sign of life of a session: a socket that accepts for as long as the process lives, also after kill -9 it does not.
import { createConnection, createServer } from "node:net";

/** Its name in the session's folder. */
export const ALIVE_SOCKET = "alive.sock";

/** Listens on `path` until disposed of. The socket carries no data. */
export async function openAliveSocket(path: string): Promise<AsyncDisposable> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.unref();
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Whether somebody accepts on `path`. */
export function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const answer = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    socket.setTimeout(1000, () => answer(false));
  });
}
