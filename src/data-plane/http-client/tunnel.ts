// An upgraded connection: bytes both ways between a client and a container, with back pressure, until one of them ends. It reads none of them.
import type { Socket } from "node:net";
import type { ResponseReceiver, UpstreamConnection } from "./upstream-connection.ts";

export interface TunnelParts {
  readonly client: Socket;
  /** What the client sent right behind its request. */
  readonly early: Buffer;
  readonly connection: UpstreamConnection;
  /** The container's side is closed. */
  readonly onOver: () => void;
}

/** Takes the connection over from the request that asked for the upgrade. */
export class Tunnel implements ResponseReceiver {
  readonly #parts: TunnelParts;
  #waitsForDrain = false;

  constructor(parts: TunnelParts) {
    this.#parts = parts;
    const { client, early, connection } = parts;
    const upstream = connection.socket;
    connection.handTo(this);
    if (early.length > 0) upstream.write(early);
    client.on("data", (chunk: Buffer) => {
      if (!upstream.write(chunk)) client.pause();
    });
    // A client that ends its side ends the tunnel; a container that does may still be written to (`net/http/httputil`).
    client.on("end", () => {
      upstream.destroySoon();
      client.destroySoon();
    });
  }

  onTunnel(bytes: Buffer): void {
    const { client, connection } = this.#parts;
    if (client.write(bytes) || this.#waitsForDrain) return;
    this.#waitsForDrain = true;
    connection.pause();
    client.once("drain", () => {
      this.#waitsForDrain = false;
      connection.resume();
    });
  }

  onTunnelEnd(): void {
    this.#parts.client.end();
  }

  onFault(): void {
    this.#parts.onOver();
  }

  onDrain(): void {
    this.#parts.client.resume();
  }

  onHead(): boolean {
    return false;
  }

  onBody(): void {}

  onEnd(): void {}

  onBatch(): void {}
}
