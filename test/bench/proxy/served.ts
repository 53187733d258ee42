// Runs one Node proxy in its own process: `served.ts KIND UPSTREAM_PORT PORT [CONCURRENCY]`.
import http from "node:http";
import { monotonicClock } from "../../../src/base/monotonic-clock.ts";
import { makeBadGateway, sendReply } from "../../../src/data-plane/http/errors.ts";
import type { Handler } from "../../../src/data-plane/http/exchange.ts";
import { nodeForwarder } from "../../../src/data-plane/http-client/node-forwarder.ts";
import { openListener } from "../../../src/data-plane/http-server/open-listener.ts";
import { QueueProxy } from "../../../src/data-plane/queue-proxy/queue-proxy.ts";
import { DataPlane, makeIngress } from "../../support/data-plane.ts";

const [kind = "", upstreamText = "", portText = "", concurrencyText = "0"] = process.argv.slice(2);
const upstream = { host: "127.0.0.1", port: Number(upstreamText) };
const port = Number(portText);

/** A listener and a forwarder, nothing else. */
function bareForwarder(): Handler {
  const forwarder = nodeForwarder.open({ ...upstream, protocol: "http1" });
  return async (exchange) => {
    const outcome = await forwarder.forward(exchange, { headers: exchange.headers });
    if (outcome.kind === "unreachable") sendReply(exchange, makeBadGateway(outcome.message));
  };
}

function makeQueueProxy(): QueueProxy {
  return new QueueProxy({
    config: {
      containerConcurrency: Number(concurrencyText),
      timeoutSeconds: 300,
      responseStartTimeoutSeconds: 0,
      idleTimeoutSeconds: 0,
      readinessProbes: [],
      identity: {
        namespace: "default",
        service: "hello",
        configuration: "hello",
        revision: "hello-00001",
        pod: "hello-00001-x",
        podIP: "127.0.0.1",
      },
    },
    upstream,
    forwarders: nodeForwarder,
    clock: monotonicClock,
  });
}

async function serveLibrary(name: "http-proxy" | "http-proxy-original"): Promise<void> {
  const library = (await import(name)) as unknown as { default: { createProxyServer(options: object): Library } };
  const agent = new http.Agent({ keepAlive: true });
  const proxy = library.default.createProxyServer({ target: `http://127.0.0.1:${upstream.port}`, agent, xfwd: true });
  proxy.on("error", () => {});
  http
    .createServer({ keepAliveTimeout: 0 }, (request, response) => proxy.web(request, response))
    .listen(port, "127.0.0.1");
}

interface Library {
  web(request: http.IncomingMessage, response: http.ServerResponse): void;
  on(event: string, listener: () => void): void;
}

switch (kind) {
  case "forwarder":
    await openListener({ host: "127.0.0.1", port, listener: "public", handler: bareForwarder() });
    break;
  case "queue-proxy":
    await openListener({ host: "127.0.0.1", port, listener: "public", handler: makeQueueProxy().handle });
    break;
  case "whole path": {
    const plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
    const containerConcurrency = Number(concurrencyText);
    const { backend } = plane.pod({ name: "hello-1", port: upstream.port, containerConcurrency });
    plane.update({ backends: [backend()], containerConcurrency });
    await openListener({ host: "127.0.0.1", port, listener: "public", handler: plane.gateway.handle });
    break;
  }
  case "http-proxy":
  case "http-proxy-original":
    await serveLibrary(kind);
    break;
  default:
    throw new Error(`unknown kind ${kind}`);
}
// Exits cleanly, so that a profile gets written (`node --cpu-prof`).
process.once("SIGTERM", () => process.exit(0));
