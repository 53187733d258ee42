// Finds a free port on loopback.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Returns a port on which nothing listens on 127.0.0.1. Another program can take the port before the caller does. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
