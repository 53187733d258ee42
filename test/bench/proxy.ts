// Measures the cost of a request in each layer of knap, compared with nginx, two http-proxies and the upstream alone.
// KNAP_BENCH_SECONDS and KNAP_BENCH_ROUNDS set the duration.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free-port.ts";
import { type Bench, type Figure, median } from "./bench.ts";
import { load, type Measured } from "./proxy/load.ts";
import { ended, type Running, startNginxProxy, startUpstream, untilListening } from "./proxy/nginx.ts";
import { processorMs } from "./proxy/processor-time.ts";

const SERVED = fileURLToPath(new URL("./proxy/served.ts", import.meta.url));
const SECONDS = Number(process.env["KNAP_BENCH_SECONDS"] ?? 3);
const ROUNDS = Number(process.env["KNAP_BENCH_ROUNDS"] ?? 3);

/** Each Node proxy runs in its own process, like nginx. */
async function startServed(kind: string, upstreamPort: number, concurrency = "0"): Promise<Running> {
  const port = await freePort();
  const args = ["--import", "tsx", SERVED, kind, String(upstreamPort), String(port), concurrency];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  await untilListening(port);
  return { port, pid: child.pid, stop: () => ended(child, "SIGKILL") };
}

const CONTENDERS = {
  upstream: { name: "upstream alone", start: async (port: number) => ({ port, pid: undefined, stop: async () => {} }) },
  nginx: { name: "nginx, one worker", start: startNginxProxy },
  original: { name: "http-proxy (original)", start: (port: number) => startServed("http-proxy-original", port) },
  fork: { name: "http-proxy-3", start: (port: number) => startServed("http-proxy", port) },
  forwarder: { name: "knap: forwarder alone", start: (port: number) => startServed("forwarder", port) },
  queueProxy: { name: "knap: + queue-proxy", start: (port: number) => startServed("queue-proxy", port) },
  whole: { name: "knap: + activator + ingress", start: (port: number) => startServed("whole path", port) },
  limited: { name: "knap: whole, concurrency 10", start: (port: number) => startServed("whole path", port, "10") },
} as const satisfies Record<string, { name: string; start: (upstreamPort: number) => Promise<Running> }>;

type Key = keyof typeof CONTENDERS;
const KEYS = Object.keys(CONTENDERS) as Key[];

interface Round extends Measured {
  /** Processor time of the proxy per request, in µs; NaN if unknown. */
  readonly costUs: number;
}

async function measureRound({ port, pid }: Running): Promise<Round> {
  const before = processorMs(pid);
  const measured = await load(port, SECONDS);
  const spent = (processorMs(pid) ?? Number.NaN) - (before ?? Number.NaN);
  return { ...measured, costUs: (spent * 1000) / (measured.perSecond * SECONDS) };
}

/** Rounds alternate between contenders and the median counts, so that other load affects all of them alike. */
async function measure(): Promise<ReadonlyMap<Key, readonly Round[]>> {
  const upstream = await startUpstream();
  const running = await Promise.all(KEYS.map((key) => CONTENDERS[key].start(upstream.port)));
  const results = new Map<Key, Round[]>(KEYS.map((key) => [key, []]));
  try {
    for (const { port } of running) await load(port, 1);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [at, one] of running.entries()) results.get(KEYS[at] as Key)?.push(await measureRound(one));
    }
  } finally {
    await Promise.all([...running, upstream].map(({ stop }) => stop()));
  }
  return results;
}

function figuresOf(results: ReadonlyMap<Key, readonly Round[]>): Figure[] {
  const rate = (key: Key): number => median((results.get(key) ?? []).map(({ perSecond }) => perSecond));
  const p99 = (key: Key): number => median((results.get(key) ?? []).map(({ p99Ms }) => p99Ms));
  const cost = (key: Key): number => median((results.get(key) ?? []).map(({ costUs }) => costUs));
  const failed = [...results.values()].flat().reduce((sum, one) => sum + one.failed, 0);
  const library = Math.max(rate("original"), rate("fork"));
  const ratio = (name: string, value: number, goal: string, reached: boolean): Figure => {
    return { name, value, unit: "×", goal, reached };
  };
  const toNginx = rate("whole") / rate("nginx");
  const toLibrary = rate("whole") / library;
  const tail = p99("whole") / Math.min(p99("original"), p99("fork"));
  // Uses processor time where it is known, because other load on the machine changes the rates.
  const limit = Number.isNaN(cost("whole")) ? rate("limited") / rate("whole") : cost("whole") / cost("limited");
  const counted = KEYS.filter((key) => !Number.isNaN(cost(key)));
  return [
    ...KEYS.map((key) => ({ name: CONTENDERS[key].name, value: rate(key), unit: "req/s" })),
    ...KEYS.map((key) => ({ name: `p99, ${CONTENDERS[key].name}`, value: p99(key), unit: "ms" })),
    ...counted.map((key) => ({ name: `processor time, ${CONTENDERS[key].name}`, value: cost(key), unit: "µs" })),
    ratio("whole path against nginx", toNginx, "≥ 0.3 × nginx", toNginx >= 0.3),
    ratio("whole path against the faster http-proxy", toLibrary, "≥ 1.15 × http-proxy", toLibrary >= 1.15),
    ratio("p99 of the whole path", tail, "≤ 1.5 × http-proxy's", tail <= 1.5),
    ratio("concurrency 10 against unlimited", limit, "≥ 0.9 × unlimited", limit >= 0.9),
    { name: "failed requests", value: failed, unit: "", goal: "none", reached: failed === 0 },
  ];
}

export const proxyBench: Bench = {
  name: "proxy overhead: 32 connections, a small body",
  run: async () => {
    try {
      execFileSync("nginx", ["-v"], { stdio: "ignore" });
    } catch {
      return { figures: [], skipped: "nginx is not installed (Debian: apt-get install nginx-light)" };
    }
    return { figures: figuresOf(await measure()) };
  },
};
