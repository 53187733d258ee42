// A free TCP port on loopback for a process to listen on. Someone else may take it before the process does; the runtime retries then.
import { createServer } from "node:net";

/** A port that was free a moment ago and is none of `avoid`. */
export async function freePort(avoid: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0 }, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
      });
    });
    if (!avoid.has(port)) return port;
  }
}
