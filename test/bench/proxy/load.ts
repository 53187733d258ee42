// Generates load with wrk, or with autocannon if wrk is not installed. Reports requests per second and the 99th
// percentile of latency.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Measured {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** The host that knap's ingress routes; the other contenders ignore it. */
const HOST = "hello.default.example.com";
const run = promisify(execFile);
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

export async function load(port: number, seconds: number, connections = 32): Promise<Measured> {
  try {
    const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-H", `Host: ${HOST}`];
    args.push(`http://127.0.0.1:${port}/`);
    return readWrk((await run("wrk", args)).stdout);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code !== "ENOENT") throw fault;
    return loadByAutocannon(port, seconds, connections);
  }
}

function readWrk(text: string): Measured {
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1] ?? 0);
  const [, value = "0", unit = "ms"] = /99%\s+([\d.]+)(us|ms|s|m)/.exec(text) ?? [];
  const statuses = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0);
  const sockets = (/Socket errors: (.*)/.exec(text)?.[1] ?? "").match(/\d+/g) ?? [];
  const broken = sockets.reduce((sum, count) => sum + Number(count), 0);
  return { perSecond, p99Ms: Number(value) * (UNIT_MS[unit] ?? 1), failed: statuses + broken };
}

async function loadByAutocannon(port: number, seconds: number, connections: number): Promise<Measured> {
  const { default: autocannon } = await import("autocannon");
  const result = await autocannon({
    url: `http://127.0.0.1:${port}/`,
    headers: { host: HOST },
    duration: seconds,
    connections,
  });
  return { perSecond: result.requests.average, p99Ms: result.latency.p99, failed: result.errors + result.non2xx };
}
