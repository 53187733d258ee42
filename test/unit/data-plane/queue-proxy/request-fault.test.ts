import { beforeEach, describe, expect, test, vi } from "vitest";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import type { Exchange } from "../../../../src/data-plane/http/exchange.ts";
import type { Forwarder, ForwardOptions, ForwardOutcome } from "../../../../src/data-plane/http/forwarder.ts";
import { type RequestFault, withFault } from "../../../../src/data-plane/queue-proxy/request-fault.ts";
import { PaperExchange } from "../../../support/paper-exchange.ts";
import { makePaperForwarders } from "../../../support/paper-forwarders.ts";

let clock: VirtualClock;
let exchange: PaperExchange;
let cancel: () => void;
let options: ForwardOptions;
beforeEach(() => {
  clock = new VirtualClock(0);
  exchange = new PaperExchange();
  options = {
    headers: [],
    onCancellable: (forward) => {
      cancel = () => forward.cancel();
    },
  };
});

/** A container that takes this long for its response. */
const container = (serviceMs: number): Forwarder =>
  makePaperForwarders({ clock, serviceMs: () => serviceMs }).open({ host: "", port: 0, protocol: "http1" });

function forward(fault: RequestFault, forwarder: Forwarder = container(20)): { outcome: ForwardOutcome | undefined } {
  const seen: { outcome: ForwardOutcome | undefined } = { outcome: undefined };
  void withFault(forwarder, fault, clock)
    .forward(exchange, options)
    .then((outcome) => {
      seen.outcome = outcome;
    });
  return seen;
}

/** All promises of one instant settle before the next one. */
async function advance(ms: number): Promise<void> {
  const end = clock.now() + ms;
  do await new Promise((resolve) => setImmediate(resolve));
  while (clock.runNext(end));
  clock.advanceTo(end);
}

describe("a delayed request", () => {
  test("reaches the container after the delay", async () => {
    forward({ delayMs: 1000 });
    await advance(1019);
    expect(exchange.started).toBe(false);
    await advance(1);
    expect(exchange.status).toBe(200);
  });

  test("is abandoned at once if its client leaves, and cancelled at its deadline; the container gets neither", async () => {
    const dialled = vi.fn();
    const forwarder = { forward: dialled, close: () => Promise.resolve() };
    const left = forward({ delayMs: 1000 }, forwarder);
    exchange.close();
    await advance(0);
    expect(left.outcome).toEqual({ kind: "abandoned" });
    exchange = new PaperExchange();
    const late = forward({ delayMs: 1000 }, forwarder);
    cancel();
    await advance(0);
    expect(late.outcome).toMatchObject({ kind: "cancelled" });
    expect(clock.nextDue()).toBeUndefined();
    expect(dialled).not.toHaveBeenCalled();
  });
});

describe("a request in which the container crashes", () => {
  const crashing = () => {
    const crash = vi.fn(() => Promise.resolve());
    return { crash, fault: { delayMs: 0, end: { kind: "crash", crash } } satisfies RequestFault };
  };

  test("loses the response of a fast container", async () => {
    const { crash, fault } = crashing();
    const seen = forward(fault, container(5));
    await advance(5);
    expect(crash).toHaveBeenCalledOnce();
    expect(seen.outcome).toMatchObject({ kind: "unreachable", code: "EOF", resend: "no" });
    expect(exchange.started).toBe(false);
  });

  test("is in a slow container for 100 ms", async () => {
    const { crash, fault } = crashing();
    forward(fault, container(60_000));
    await advance(99);
    expect(crash).not.toHaveBeenCalled();
    await advance(1);
    expect(crash).toHaveBeenCalledOnce();
  });

  test("kills nothing if the container was down before, so that another pod can get the request", async () => {
    const { crash, fault } = crashing();
    const down: ForwardOutcome = { kind: "unreachable", code: "ECONNREFUSED", message: "", resend: "unsent" };
    const seen = forward(fault, { forward: (_: Exchange) => Promise.resolve(down), close: () => Promise.resolve() });
    await advance(200);
    expect(seen.outcome).toBe(down);
    expect(crash).not.toHaveBeenCalled();
  });
});
