// A pod without a container, for tests of components that send requests to pods.
import type { Backend } from "../../src/data-plane/activator/backend.ts";
import { makeReply, sendReply } from "../../src/data-plane/http/errors.ts";
import type { Exchange, RawHeaders } from "../../src/data-plane/http/exchange.ts";
import { headerValue } from "../../src/data-plane/http/headers.ts";

/** A pod that holds every request until the test answers it. Its queue-proxy is ready if `alive`. */
export class PaperPod {
  readonly requests: { readonly exchange: Exchange; readonly headers: RawHeaders; readonly finish: () => void }[] = [];
  alive = true;
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  backend(ready = true): Backend {
    return { pod: this.name, address: `${this.name}:8012`, ready, handle: (exchange) => this.#handle(exchange) };
  }

  #handle(exchange: Exchange): Promise<void> {
    if (headerValue(exchange.headers, "k-network-probe") === "queue") {
      sendReply(exchange, this.alive ? makeReply(200, "queue") : makeReply(503));
      return Promise.resolve();
    }
    return new Promise((over) => {
      const finish = (): void => {
        sendReply(exchange, makeReply(200, this.name));
        over();
      };
      this.requests.push({ exchange, headers: exchange.headers, finish });
      exchange.onClosed(over);
    });
  }
}
