// Measures the latency that knap adds: against the app alone at 1,000 requests a second, and with the terminal UI.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free-port.ts";
import { type Bench, type Figure, quantile } from "./bench.ts";
import { ended, untilListening } from "./proxy/nginx.ts";
import { pacedLoad } from "./proxy/paced-load.ts";

const PER_SECOND = 1000;
const SECONDS = 2;
const ROUNDS = Number(process.env["KNAP_BENCH_ROUNDS"] ?? 7);
/** Rounds that do not count, because both sides still get compiled. */
const WARM_UP = 3;
const APP_MS = 100;

interface Target {
  readonly port: number;
  readonly host: string;
}

const start = (file: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ["--import", "tsx", fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, NODE_ENV: "production" },
  });

/**
 * Measures the quantile of both targets alternately and takes the smallest of each, because other load on the machine
 * only adds time.
 */
async function compare(plain: Target, other: Target, q: number): Promise<{ plain: number; other: number }> {
  const rounds: { readonly plain: number; readonly other: number }[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    rounds.push({ plain: await quantileOf(plain, q), other: await quantileOf(other, q) });
  }
  const counted = rounds.slice(WARM_UP);
  return {
    plain: Math.min(...counted.map((round) => round.plain)),
    other: Math.min(...counted.map((round) => round.other)),
  };
}

async function quantileOf(target: Target, q: number): Promise<number> {
  return quantile(await pacedLoad({ ...target, perSecond: PER_SECOND, seconds: SECONDS }), q);
}

function figuresOf(
  names: readonly [string, string, string],
  times: { plain: number; other: number },
  most: number,
): Figure[] {
  const added = times.other - times.plain;
  return [
    { name: names[0], value: times.plain, unit: "ms" },
    { name: names[1], value: times.other, unit: "ms" },
    { name: names[2], value: added, unit: "ms", goal: `≤ ${most} ms`, reached: added <= most },
  ];
}

async function addedByThePath(): Promise<readonly Figure[]> {
  const app = createServer((_asked, reply) => setTimeout(() => reply.end("ok"), APP_MS)).listen(0, "127.0.0.1");
  await once(app, "listening");
  const appPort = (app.address() as AddressInfo).port;
  const port = await freePort();
  const knap = start("proxy/served.ts", ["whole path", String(appPort), String(port)]);
  await untilListening(port);
  const host = "hello.default.example.com";
  const p95 = await compare({ port: appPort, host }, { port, host }, 0.95);
  await ended(knap, "SIGKILL");
  app.closeAllConnections();
  app.close();
  return figuresOf([`p95 of an app of ${APP_MS} ms alone`, "p95 through knap", "added p95"], p95, 1);
}

async function addedByTheUi(): Promise<readonly Figure[]> {
  const sessions = ["plain", "ui"].map((kind) => start("proxy/session.ts", [kind]));
  const [plain, ui] = await Promise.all(sessions.map(targetOf));
  const p99 = await compare(plain as Target, ui as Target, 0.99);
  await Promise.all(sessions.map((session) => ended(session, "SIGTERM")));
  return figuresOf(["p99 of a session", "p99 with the terminal UI on", "added by the terminal UI"], p99, 5);
}

async function targetOf({ stdout }: ChildProcess): Promise<Target> {
  const [line] = (await once(stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  return { port: Number(line.toString()), host: "hello.default.localhost" };
}

export const proxyLatencyBench: Bench = {
  name: `latency: ${PER_SECOND} requests a second`,
  run: async () => ({ figures: [...(await addedByThePath()), ...(await addedByTheUi())] }),
};
