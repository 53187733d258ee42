// Plays one recorded conversation with the scripted application, knap's queue-proxy and the scripted clients. Returns
// what happened.
import { get } from "node:http";
import { type App, Http1App } from "./app.ts";
import { H2Client, RawClient } from "./client.ts";
import { Http2App } from "./h2-app.ts";
import { ProxyProcess } from "./proxy.ts";
import { type Data, LOOPBACK, pause, type RecordedCase, type Step } from "./script.ts";

const SETTLE_MS = 200;
const DEFAULT_WAIT_MS = 6_000;
/** Conversations that wait for the whole quiet period of 30 s run this many times faster than real time. */
const DRAIN_TIME_SCALE = 5;

export interface Played {
  readonly client: Record<string, Record<string, unknown>>;
  readonly h2: Record<string, Record<string, unknown>>;
  readonly upstream: { requests: unknown[]; conns: unknown[] };
  readonly stats: Record<string, Record<string, unknown>>;
  readonly exit: unknown;
  readonly exitMs: number | undefined;
  readonly ports: { readonly app: number; readonly main: number };
}

export async function playCase(recorded: RecordedCase): Promise<Played> {
  const { upstream } = recorded;
  const timeScale = recorded.id.startsWith("drain/full") ? DRAIN_TIME_SCALE : 1;
  const app = upstream.h2 ? new Http2App(upstream) : new Http1App(upstream);
  await app.listen();
  if (upstream.listen === false) await app.stopListening();
  const proxy = new ProxyProcess(recorded.config ?? {}, app.port, timeScale);
  await proxy.start();
  const conversation = new Conversation(recorded, app, proxy, timeScale);
  try {
    for (const step of recorded.steps) await conversation.play(step);
    await pause(SETTLE_MS);
    return conversation.result();
  } finally {
    conversation.close();
    await proxy.close();
    await app.close();
  }
}

class Conversation {
  readonly #recorded: RecordedCase;
  readonly #app: App;
  readonly #proxy: ProxyProcess;
  readonly #timeScale: number;
  readonly #clients = new Map<string, RawClient>();
  readonly #sessions = new Map<string, H2Client>();
  readonly #stats: Record<string, Record<string, unknown>> = {};

  constructor(recorded: RecordedCase, app: App, proxy: ProxyProcess, timeScale: number) {
    this.#timeScale = timeScale;
    this.#recorded = recorded;
    this.#app = app;
    this.#proxy = proxy;
  }

  async play(step: Step): Promise<void> {
    const name = (step["c"] as string | undefined) ?? "a";
    const ms = (step["ms"] as number | undefined) ?? DEFAULT_WAIT_MS;
    const app = this.#app;
    const proxy = this.#proxy;
    switch (step.op) {
      case "open":
        this.#open(name, (step["port"] as string | undefined) ?? "main");
        return pause(5);
      case "send":
        return (this.#clients.get(name) ?? this.#open(name, "main")).send(step["data"] as Data);
      case "recv":
        return this.#clients.get(name)?.recv((step["n"] as number | undefined) ?? 1, ms);
      case "recvText":
        return this.#clients.get(name)?.recvText(step["text"] as string, ms);
      case "ended":
        return this.#clients.get(name)?.untilEnded(ms);
      case "sleep":
        return pause(ms / this.#timeScale);
      case "fin":
      case "close":
      case "rst":
        return this.#clients.get(name)?.finish(step.op);
      case "up":
        return app.watch.until(() => app.requests().length >= (step["n"] as number), ms);
      case "upBody":
        return app.watch.until(() => app.requests().some(({ body }) => body.length >= (step["n"] as number)), ms);
      case "upTunnel":
        return app.watch.until(() => app.conns().some(({ tunnel }) => tunnel.includes(step["text"] as string)), ms);
      case "upEnd":
        return app.watch.until(() => (app.conns()[step["i"] as number]?.end ?? "open") !== "open", ms);
      case "gate":
        return app.openGate(step["k"] as string);
      case "upstreamOn":
        return app.listen();
      case "upstreamOff":
        return app.stopListening();
      case "sigterm":
        proxy.sigterm();
        return pause((step["ms"] as number | undefined) ?? 150);
      case "exit":
        return proxy.watch.until(() => proxy.exit !== undefined, ms);
      case "tickAlign":
        return this.#alignToTick();
      case "stats":
        this.#stats[step["as"] as string] = await this.#scrape();
        return;
      default:
        return this.#playH2(step, name, ms);
    }
  }

  result(): Played {
    const app = this.#app;
    const proxy = this.#proxy;
    const recorded = (ms: number): number => ms * this.#timeScale;
    const clients = [...this.#clients].map(([name, client]) => {
      const { times, endAt, ...result } = client.result();
      return [name, { ...result, times: times.map(recorded), endAt: endAt && recorded(endAt) }];
    });
    return {
      client: Object.fromEntries(clients),
      h2: Object.fromEntries([...this.#sessions].map(([name, session]) => [name, session.result()])),
      upstream: { requests: app.requests(), conns: app.conns() },
      stats: this.#stats,
      exit: proxy.exit === undefined ? undefined : { code: proxy.exit.code, signal: null },
      exitMs: proxy.exit && proxy.termAt ? recorded(proxy.exit.at - proxy.termAt) : undefined,
      ports: { app: app.port, main: proxy.ports["main"] as number },
    };
  }

  close(): void {
    for (const client of this.#clients.values()) client.destroy();
    for (const session of this.#sessions.values()) session.destroy();
  }

  #open(name: string, port: string): RawClient {
    const client = new RawClient(this.#proxy.ports[port] as number, this.#recorded.heads?.[name] ?? []);
    this.#clients.set(name, client);
    return client;
  }

  #playH2(step: Step, name: string, ms: number): Promise<void> | void {
    if (step.op === "h2open") {
      this.#sessions.set(name, new H2Client(this.#proxy.ports["main"] as number));
      return;
    }
    const session = this.#sessions.get(name);
    const i = (step["i"] as number | undefined) ?? 0;
    switch (step.op) {
      case "h2":
        return session?.open(step);
      case "h2data":
        return session?.data(step);
      case "h2reset":
        return session?.reset(i, (step["code"] as number | undefined) ?? 8);
      case "h2head":
        return session?.wait(i, ms, ({ headers }) => headers !== null);
      case "h2text":
        return session?.wait(i, ms, ({ data }) => data.includes(step["text"] as string));
      case "h2recv":
        return session?.wait(i, ms, ({ closed }) => closed);
      default:
        throw new Error(`unknown step ${step.op}`);
    }
  }

  async #alignToTick(): Promise<void> {
    const before = (await this.#scrape())["processUptime"];
    for (let polls = 0; polls < 400; polls += 1) {
      await pause(5);
      if ((await this.#scrape())["processUptime"] !== before) return;
    }
  }

  #scrape(): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const request = get({ host: LOOPBACK, port: this.#proxy.ports["metrics"], path: "/metrics", agent: false });
      request.on("error", reject);
      request.on("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const { statusCode, headers } = response;
          resolve({ status: statusCode, contentType: headers["content-type"], ...decodeStat(Buffer.concat(chunks)) });
        });
      });
    });
  }
}

const STAT_FIELDS = [
  "",
  "podName",
  "averageConcurrentRequests",
  "averageProxiedConcurrentRequests",
  "requestCount",
  "proxiedRequestCount",
  "processUptime",
];

function decodeStat(bytes: Buffer): Record<string, unknown> {
  const stat: Record<string, unknown> = Object.fromEntries(STAT_FIELDS.slice(2).map((name) => [name, 0]));
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number;
    const name = STAT_FIELDS[tag >> 3] ?? "";
    if ((tag & 7) === 1) {
      stat[name] = bytes.readDoubleLE(at + 1);
      at += 9;
    } else {
      const length = bytes[at + 1] as number;
      stat[name] = bytes.toString("utf8", at + 2, at + 2 + length);
      at += 2 + length;
    }
  }
  return stat;
}
