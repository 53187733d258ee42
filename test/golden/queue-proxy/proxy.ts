// knap's queue-proxy on sockets, with its two side ports and the shutdown of a separate process.
import type { Probe } from "../../../src/apis/core/pod-spec.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { monotonicClock } from "../../../src/base/monotonic-clock.ts";
import { makeReply, NOT_FOUND, sendReply } from "../../../src/data-plane/http/errors.ts";
import type { Exchange, Handler } from "../../../src/data-plane/http/exchange.ts";
import { nodeForwarder } from "../../../src/data-plane/http-client/node-forwarder.ts";
import { type OpenListener, openListener } from "../../../src/data-plane/http-server/open-listener.ts";
import { QueueProxy } from "../../../src/data-plane/queue-proxy/queue-proxy.ts";
import { makeStatsHandler } from "../../../src/data-plane/queue-proxy/side-ports.ts";
import { LOOPBACK, pause, Watch } from "./script.ts";

const QUIET_MS = 30_000;
const RESET_MS = 1_000;
const TUNNEL_POLL_MS = 1_000;
const TUNNEL_POLLS = 60;

export interface ProxyExit {
  readonly code: number;
  readonly at: number;
}

export class ProxyProcess {
  readonly watch = new Watch();
  exit: ProxyExit | undefined;
  termAt: number | undefined;
  ports: Record<string, number> = {};
  readonly #proxy: QueueProxy;
  readonly #timeScale: number;
  #listeners: OpenListener[] = [];

  /** `timeScale`: how many times faster than real time the queue-proxy's clock runs. */
  constructor(config: Readonly<Record<string, unknown>>, upstreamPort: number, timeScale: number) {
    this.#timeScale = timeScale;
    const number = (key: string, fallback: number): number => (config[key] as number | undefined) ?? fallback;
    this.#proxy = new QueueProxy({
      config: {
        containerConcurrency: number("containerConcurrency", 0),
        timeoutSeconds: number("timeoutSeconds", 300),
        responseStartTimeoutSeconds: number("responseStartTimeoutSeconds", 0),
        idleTimeoutSeconds: number("idleTimeoutSeconds", 0),
        fullDuplex: config["fullDuplex"] === true,
        detectHttp2: config["http2AutoDetection"] === true,
        readinessProbes: probesOf(config, upstreamPort),
        identity: {
          namespace: "default",
          service: "hello",
          configuration: "hello",
          revision: "hello-00001",
          pod: "hello-pod",
          podIP: LOOPBACK,
        },
      },
      upstream: { host: LOOPBACK, port: upstreamPort },
      forwarders: nodeForwarder,
      clock: fastClock(timeScale),
    });
  }

  async start(): Promise<void> {
    const open = (handler: Handler): Promise<OpenListener> =>
      openListener({ host: LOOPBACK, port: 0, listener: "public", handler });
    const main = await open(this.#proxy.handle);
    const admin = await open((exchange) => this.#admin(exchange));
    const metrics = await open(makeStatsHandler(this.#proxy, "hello-pod"));
    this.#listeners = [main, admin, metrics];
    this.ports = { main: main.port, admin: admin.port, metrics: metrics.port };
  }

  sigterm(): void {
    if (this.termAt !== undefined) {
      this.termAt = Date.now();
      this.#end(1);
      return;
    }
    this.termAt = Date.now();
    void this.#shutDown();
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close(0)));
    this.#proxy.drain.cancel();
    await this.#proxy.close();
  }

  async #shutDown(): Promise<void> {
    await this.#proxy.drain.begin(QUIET_MS);
    const closed = Promise.all(this.#listeners.map((listener) => listener.close(Number.POSITIVE_INFINITY)));
    await this.#proxy.drain.idle();
    for (let polls = 0; polls < TUNNEL_POLLS && this.#proxy.inFlight > 0; polls += 1)
      await pause(TUNNEL_POLL_MS / this.#timeScale);
    if (this.#proxy.inFlight === 0) await Promise.race([closed, pause(300)]);
    this.#end(0);
  }

  #end(code: number): void {
    if (this.exit !== undefined) return;
    this.exit = { code, at: Date.now() };
    for (const listener of this.#listeners) void listener.close(0);
    this.watch.notify();
  }

  async #admin(exchange: Exchange): Promise<void> {
    if (exchange.target !== "/wait-for-drain") {
      sendReply(exchange, NOT_FOUND);
      return;
    }
    const quiet = this.#proxy.drain.begin(QUIET_MS);
    setTimeout(() => {
      if (this.termAt === undefined) this.#proxy.drain.cancel();
    }, RESET_MS / this.#timeScale);
    await quiet;
    sendReply(exchange, makeReply(200));
  }
}

/** The monotonic clock, `scale` times faster. */
function fastClock(scale: number): Clock {
  if (scale === 1) return monotonicClock;
  return {
    now: () => monotonicClock.now() * scale,
    at: (time, run) => monotonicClock.at(time / scale, run),
  };
}

function probesOf(config: Readonly<Record<string, unknown>>, port: number): readonly Probe[] {
  const given = config["readinessProbe"];
  if (given === undefined) return [{ tcpSocket: { port, host: LOOPBACK }, successThreshold: 1 }];
  if (given === null) return [];
  const text = JSON.stringify(given)
    .replaceAll('"{{UPSTREAM_PORT}}"', String(port))
    .replaceAll("{{UPSTREAM_IP}}", LOOPBACK);
  const probes = JSON.parse(text) as Probe | Probe[];
  return Array.isArray(probes) ? probes : [probes];
}
