// Simulated containers: a request takes a given time on the clock and gets 200, without a socket.
import type { Clock } from "../../src/base/clock.ts";
import type { Exchange } from "../../src/data-plane/http/exchange.ts";
import type { ForwarderFactory, ForwardOutcome } from "../../src/data-plane/http/forwarder.ts";

export interface PaperForwardersOptions {
  readonly clock: Clock;
  /** Milliseconds that a container takes for a request. */
  readonly serviceMs: (exchange: Exchange) => number;
}

/** A forwarder without a destination. The response body is `ok`. */
export function makePaperForwarders({ clock, serviceMs }: PaperForwardersOptions): ForwarderFactory {
  return {
    name: "node",
    lacks: [],
    open: () => ({
      forward: (exchange, options) =>
        new Promise<ForwardOutcome>((resolve) => {
          const end = clock.at(clock.now() + serviceMs(exchange), () => {
            const head = ["Content-Length", "2"];
            const body = exchange.start(200, "OK", options.onHead?.(200, head) ?? head);
            options.onActivity?.(2);
            body.end("ok", () => resolve({ kind: "done", status: 200 }));
          });
          exchange.onClosed(() => {
            end[Symbol.dispose]();
            resolve({ kind: "abandoned" });
          });
        }),
      close: () => Promise.resolve(),
    }),
  };
}
