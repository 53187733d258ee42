// Accepts debuggers on loopback and relays their bytes to the debugged instance, whichever runs now.
import { connect, createServer, type Server, type Socket } from "node:net";
import type { PodAddress } from "../../base/address.ts";
import { failed, ok, type Result } from "../../base/result.ts";
import { sleep } from "../../base/sleep.ts";

export interface DebugRelayOptions {
  /** The address of the debugger now; undefined while no instance runs. */
  readonly target: () => PodAddress | undefined;
  /** Returns false for a connection that only asks what can be debugged. `first`: the client's first bytes. */
  readonly isDebugger: (first: Buffer) => boolean;
  /** Called when the number of attached debuggers changes. */
  readonly onAttached: (count: number) => void;
}

const HOST = "127.0.0.1";
/** The ports after the preferred one that are tried before the system chooses one. */
const NEXT_PORTS = 20;
/** How long a client waits for an instance that starts. */
const WAIT_MS = 60_000;
const RETRY_MS = 100;
/** The engine's port relay accepts connections for a container that does not listen, and closes them in this time. */
const RELAY_HOLD_MS = 25;

export class DebugRelay {
  readonly port: number;
  readonly #server: Server;
  readonly #options: DebugRelayOptions;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();
  #attached = 0;

  private constructor(server: Server, port: number, options: DebugRelayOptions) {
    this.port = port;
    this.#server = server;
    this.#options = options;
    server.on("connection", (client) => void this.#serve(client));
  }

  /** Listens on the port, or on the next free one unless `exact`. */
  static async open(port: number, exact: boolean, options: DebugRelayOptions): Promise<Result<DebugRelay>> {
    const others = Array.from({ length: NEXT_PORTS }, (_, index) => port + index + 1).filter((each) => each < 65_536);
    let message = "";
    for (const candidate of exact ? [port] : [port, ...others, 0]) {
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
    this.#closing.abort();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async #serve(client: Socket): Promise<void> {
    this.#keep(client);
    const upstream = await this.#dial(client);
    if (upstream === undefined) {
      client.destroy();
      return;
    }
    this.#keep(upstream);
    client.once("data", (first: Buffer) => this.#count(client, first));
    client.pipe(upstream).pipe(client);
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
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

  /** Resolves with a connection to the instance as soon as it accepts one; undefined if the client leaves before. */
  async #dial(client: Socket): Promise<Socket | undefined> {
    const { signal } = this.#closing;
    const until = performance.now() + WAIT_MS;
    while (!client.destroyed && !signal.aborted && performance.now() < until) {
      const address = this.#options.target();
      const upstream = address && (await dial(address));
      if (upstream) return upstream;
      await sleep(RETRY_MS, signal);
    }
    return undefined;
  }
}

/** Resolves with an open connection; undefined if the address does not accept one. */
export function dial({ host, port, relayed = false }: PodAddress): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, noDelay: true });
    const fail = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(undefined);
    };
    let timer: NodeJS.Timeout | undefined;
    socket.once("error", fail).once("close", fail);
    socket.once("connect", () => {
      timer = setTimeout(
        () => {
          socket.off("error", fail).off("close", fail);
          resolve(socket);
        },
        relayed ? RELAY_HOLD_MS : 0,
      );
    });
  });
}

function listen(server: Server, port: number): Promise<Result<number>> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      const why = error.code === "EADDRINUSE" ? "is taken by another program" : `cannot be opened: ${error.message}`;
      resolve(failed(`port ${port} of ${HOST} ${why}`));
    };
    server.once("error", onError);
    server.listen({ host: HOST, port }, () => {
      server.off("error", onError);
      // The session ends without waiting for this listener.
      server.unref();
      const address = server.address();
      resolve(ok(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}
