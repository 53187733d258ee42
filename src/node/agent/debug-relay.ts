// Accepts debuggers on loopback and relays their bytes to the debugged instance, whichever runs now.
import { connect, createServer, type Server, type Socket } from "node:net";
import { LOOPBACK, type PodAddress } from "../../base/address.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { DebugConnection } from "./debug-connection.ts";

export interface DebugRelayOptions {
  /** The address of the debugger now; undefined while no instance runs. */
  readonly target: () => PodAddress | undefined;
  /** Returns false for a connection that only asks what can be debugged. `first`: the client's first bytes. */
  readonly isDebugger: (first: Buffer) => boolean;
  /** Called when the number of attached debuggers changes. */
  readonly onAttached: (count: number) => void;
}

/** The ports after the preferred one that are tried before the system chooses one. */
const NEXT_PORTS = 20;

export class DebugRelay {
  readonly port: number;
  readonly #server: Server;
  readonly #options: DebugRelayOptions;
  readonly #sockets = new Set<Socket>();
  #attached = 0;
  #isClosed = false;

  private constructor(server: Server, port: number, options: DebugRelayOptions) {
    this.port = port;
    this.#server = server;
    this.#options = options;
    server.on("connection", (client) => this.#serve(client));
  }

  /** Listens on the port, or on the next free one unless `exact`. */
  static async open(port: number, exact: boolean, options: DebugRelayOptions): Promise<Result<DebugRelay>> {
    const next = Array.from({ length: NEXT_PORTS + 1 }, (_, index) => port + index).filter((each) => each < 65_536);
    let message = "";
    for (const candidate of exact ? [port] : [...next, 0]) {
      const server = createServer({ noDelay: true });
      const outcome = await listen(server, candidate);
      if (outcome.ok) return ok(new DebugRelay(server, outcome.value, options));
      message = outcome.error;
    }
    return failed(message);
  }

  /** The number of debuggers that are attached. */
  get attached(): number {
    return this.#attached;
  }

  /** Closes the listener and all connections. A debugger of Node lets the app continue then. */
  close(): void {
    this.#isClosed = true;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(client: Socket): void {
    this.#keep(client);
    client.once("data", (first: Buffer) => this.#count(client, first));
    new DebugConnection(client, () => this.#dial());
  }

  #count(client: Socket, first: Buffer): void {
    if (client.destroyed || !this.#options.isDebugger(first)) return;
    this.#options.onAttached(++this.#attached);
    client.once("close", () => this.#options.onAttached(--this.#attached));
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {}).once("close", () => this.#sockets.delete(socket));
  }

  async #dial(): Promise<Socket | undefined> {
    const address = this.#options.target();
    // An app that does not listen on its port leaves the port to others, so it may be this one.
    if (address?.host === LOOPBACK && address.port === this.port) return undefined;
    const upstream = address && (await dial(address));
    if (!upstream) return undefined;
    this.#keep(upstream);
    if (this.#isClosed) upstream.destroy();
    return upstream;
  }
}

/** Resolves with whether the address accepts a connection, which is closed at once. */
export async function accepts(address: PodAddress): Promise<boolean> {
  const socket = await dial(address);
  socket?.destroy();
  return socket !== undefined;
}

/** Resolves with an open connection; undefined if the address does not accept one. */
function dial({ host, port }: PodAddress): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.once("close", () => resolve(undefined)).on("error", () => {});
  });
}

function listen(server: Server, port: number): Promise<Result<number>> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const why = error.code === "EADDRINUSE" ? "is taken by another program" : `cannot be opened: ${error.message}`;
      resolve(failed(`port ${port} of ${LOOPBACK} ${why}`));
    };
    server.once("error", onError);
    server.listen({ host: LOOPBACK, port }, () => {
      server.off("error", onError);
      // The session ends without waiting for this listener.
      server.unref();
      const address = server.address();
      resolve(ok(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
