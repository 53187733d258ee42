// Copies the bytes of an upgraded connection in both directions, with back pressure.
import type { Socket } from "node:net";
import type { ResponseReceiver, UpstreamConnection } from "./upstream-connection.ts";

export interface TunnelParts {
  readonly client: Socket;
  /** Bytes that the client sent directly after its request. */
  readonly early: Buffer;
  readonly connection: UpstreamConnection;
  /** Called when the container's side has closed. */
  readonly onOver: () => void;
}

/** Replaces the request that was upgraded as the connection's receiver. */
export class Tunnel implements ResponseReceiver {
  readonly #parts: TunnelParts;
  #waitsForDrain = false;

  constructor(parts: TunnelParts) {
    this.#parts = parts;
    const { client, early, connection } = parts;
    const upstream = connection.socket;
    connection.replaceReceiver(this);
    if (early.length > 0) upstream.write(early);
    client.on("data", (chunk: Buffer) => {
      if (!upstream.write(chunk)) client.pause();
    });
    // If the client ends its side, the tunnel ends. If the container ends its side, the client can still send bytes to
    // it (`net/http/httputil`).
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
