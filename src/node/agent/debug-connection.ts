// Relays one connection of a debugger. Until the instance answers, the connection moves to the next start of it: the
// engine's port relay accepts connections for a container that is down, and closes them.
import type { Socket } from "node:net";
import { sleep } from "../../base/sleep.ts";

/** A client that sends more than this before the first answer has to wait for it. */
const HELD_BYTES = 64 * 1024;
/** How long a connection looks for an instance that answers. */
const ANSWER_WITHIN_MS = 60_000;
const RETRY_MS = 100;

export class DebugConnection {
  readonly #client: Socket;
  readonly #dial: () => Promise<Socket | undefined>;
  readonly #until = performance.now() + ANSWER_WITHIN_MS;
  /** What the client has sent before the first answer. */
  #held: Buffer[] = [];
  #upstream: Socket | undefined;

  /** `dial` resolves with a new connection to the instance; undefined if that is not possible now. */
  constructor(client: Socket, dial: () => Promise<Socket | undefined>) {
    this.#client = client;
    this.#dial = dial;
    client.on("data", this.#onClientData);
    client.once("close", () => this.#upstream?.destroy());
    void this.#connect();
  }

  readonly #onClientData = (chunk: Buffer): void => {
    this.#held.push(chunk);
    this.#upstream?.write(chunk);
    if (this.#held.reduce((sum, { length }) => sum + length, 0) > HELD_BYTES) this.#client.pause();
  };

  async #connect(): Promise<void> {
    for (; !this.#client.destroyed && performance.now() < this.#until; await sleep(RETRY_MS)) {
      const upstream = await this.#dial();
      if (!upstream) continue;
      if (this.#client.destroyed) upstream.destroy();
      else this.#ask(upstream);
      return;
    }
    this.#client.destroy();
  }

  #ask(upstream: Socket): void {
    this.#upstream = upstream;
    for (const chunk of this.#held) upstream.write(chunk);
    const retry = (): void => {
      this.#upstream = undefined;
      void sleep(RETRY_MS).then(() => this.#connect());
    };
    upstream.once("close", retry);
    upstream.once("data", (first: Buffer) => {
      upstream.off("close", retry);
      this.#join(upstream, first);
    });
  }

  /** The instance has answered. */
  #join(upstream: Socket, first: Buffer): void {
    const client = this.#client;
    client.off("data", this.#onClientData);
    this.#held = [];
    client.write(first);
    client.pipe(upstream).pipe(client);
    upstream.once("close", () => client.destroy());
  }
}
