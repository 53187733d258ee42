// Runs clients that send requests to one Service continuously, and counts the results.
import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface LoadOptions {
  readonly port: number;
  /** The Service's name in namespace default. */
  readonly service: string;
  readonly path?: string;
  /** Pause between a response and the client's next request. */
  readonly pauseMs?: number;
}

export class Load {
  /** `200`, `503 text` or `ECONNRESET` → count. */
  readonly outcomes = new Map<string, number>();
  readonly #options: LoadOptions;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #clients: Promise<void>[] = [];
  #wanted = 0;
  #begun = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  get begun(): number {
    return this.#begun;
  }

  get answered(): number {
    return [...this.outcomes.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Changes the number of clients. Removed clients finish their current request. */
  clients(count: number): void {
    this.#wanted = count;
    for (let index = 0; index < count; index++) {
      const client = this.#clients[index] ?? Promise.resolve();
      this.#clients[index] = client.then(() => this.#ask(index));
    }
  }

  /** Stops all clients; resolves when each has its last response. */
  async stop(): Promise<ReadonlyMap<string, number>> {
    this.#wanted = 0;
    await Promise.all(this.#clients);
    this.#agent.destroy();
    return this.outcomes;
  }

  async #ask(index: number): Promise<void> {
    const { pauseMs = 0 } = this.#options;
    while (index < this.#wanted) {
      this.#begun++;
      const outcome = await this.#one();
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }

  #one(): Promise<string> {
    const { port, service, path = "/" } = this.#options;
    return new Promise((resolve) => {
      const headers = { host: `${service}.default.localhost` };
      const failed = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
      const outgoing = request({ host: "127.0.0.1", port, path, headers, agent: this.#agent }, (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (part: string) => (text += part));
        reply.on("end", () => resolve(reply.statusCode === 200 ? "200" : `${reply.statusCode} ${text.trim()}`));
        reply.on("error", failed);
      });
      outgoing.on("error", failed);
      outgoing.end();
    });
  }
}
