// Measures a session with 1,000 Services at initial scale 0: time and memory of applying them, processor time when
// idle, and the latency of another Service meanwhile. Uses real processes and sockets, and the bundled code.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { AnyObject, StringMap } from "../../src/apis/meta/object.ts";
import type { Client } from "../../src/client/client.ts";
import { makeHttpClient } from "../../src/client/http-client.ts";
import { type Bench, type Figure, quantile } from "./bench.ts";
import type { SessionReport } from "./many-services/session.ts";

const MANY = 1000;
/** Parallel clients that apply objects; enough that the session never waits for them. */
const HANDS = 8;
const PER_SECOND = 100;
const QUIET_MS = 10_000;
const IDLE_MS = 20_000;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const APP = join(ROOT, "test/support/test-app.mjs");

const service = (name: string, annotations: StringMap): AnyObject =>
  ({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { template: { metadata: { annotations }, spec: { containers: [{ image: "dev.local/test-app" }] } } },
  }) as AnyObject;

interface Load {
  readonly took: readonly number[];
  readonly failed: number;
}

/** Resolves with the child's next IPC message. */
async function nextMessage<T>(child: ChildProcess, message?: string): Promise<T> {
  const answer = once(child, "message");
  if (message !== undefined) child.send(message);
  return (await answer)[0] as T;
}

/** A folder inside the project, so that libraries resolve. */
async function bundled(folder: string, name: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  const entry = join(ROOT, "test/bench/many-services", `${name}.ts`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
  });
  return outfile;
}

async function isReady(client: Client, name: string): Promise<boolean> {
  const found = await client.get({ kind: "Service.serving.knative.dev", namespace: "default", name });
  return found?.status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";
}

async function untilReady(client: Client, names: readonly string[]): Promise<void> {
  for (const name of names) while (!(await isReady(client, name))) await sleep(20);
}

async function applyAll(client: Client, names: readonly string[]): Promise<void> {
  const left = [...names];
  const hand = async (): Promise<void> => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      await client.apply(service(name, { "autoscaling.knative.dev/initial-scale": "0" }));
    }
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
}

const goal = (name: string, value: number, unit: string, most: number): Figure => ({
  name,
  value,
  unit,
  goal: `< ${most} ${unit}`,
  reached: value < most,
});

async function measure(session: ChildProcess, load: ChildProcess, client: Client): Promise<readonly Figure[]> {
  const names = Array.from({ length: MANY }, (_, index) => `service-${index}`);
  await nextMessage<Load>(load, "since");
  await sleep(QUIET_MS);
  const quiet = await nextMessage<Load>(load, "since");
  await nextMessage<SessionReport>(session, "since");
  const begun = performance.now();
  await applyAll(client, names);
  const appliedMs = performance.now() - begun;
  await untilReady(client, names);
  const settledMs = performance.now() - begun;
  const busy = await nextMessage<Load>(load, "since");
  const settled = await nextMessage<SessionReport>(session, "since");
  load.kill();
  await sleep(IDLE_MS / 4);
  await nextMessage<SessionReport>(session, "idle");
  await sleep(IDLE_MS);
  const idle = await nextMessage<SessionReport>(session, "since");
  const [before, during] = [quantile(quiet.took, 0.99), quantile(busy.took, 0.99)];
  return [
    { name: `apply ${MANY} Services`, value: appliedMs, unit: "ms" },
    goal(`apply and settle ${MANY} Services`, settledMs, "ms", 3000),
    goal("processor time of that", settled.cpuMs, "ms", 3000),
    { name: "resident memory when settled", value: settled.rssMb, unit: "MB" },
    goal(`resident memory ${IDLE_MS / 1000} s later`, idle.rssMb, "MB", 250),
    { name: `heap in use ${IDLE_MS / 1000} s later`, value: idle.heapMb, unit: "MB" },
    goal("idle processor time, of a core", (idle.cpuMs / IDLE_MS) * 100, "%", 2),
    { name: `p99 at ${PER_SECOND} requests/s, before`, value: before, unit: "ms" },
    { name: `p99 at ${PER_SECOND} requests/s, meanwhile`, value: during, unit: "ms" },
    { ...goal("added p99", during - before, "ms", 10), goal: "≤ 10 ms" },
    { name: "median meanwhile", value: quantile(busy.took, 0.5), unit: "ms" },
    { name: "longest pause of the event loop", value: settled.longestPauseMs, unit: "ms" },
    { name: "requests that failed", value: quiet.failed + busy.failed, unit: "" },
  ];
}

export const manyServicesBench: Bench = {
  name: `a session with ${MANY} Services at scale 0`,
  run: async () => {
    const cache = join(ROOT, "node_modules/.cache");
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, "knap-bench-"));
    const children: ChildProcess[] = [];
    const start = async <T>(name: string, args: readonly string[]): Promise<readonly [ChildProcess, T]> => {
      const child = fork(await bundled(folder, name), args, {
        execArgv: (process.env["PROF"] ?? "").split(" ").filter(Boolean),
      });
      children.push(child);
      return [child, await nextMessage<T>(child)];
    };
    try {
      const [session, { api, ingress }] = await start<{
        readonly api: { readonly address: string; readonly token: string };
        readonly ingress: { readonly port: number };
      }>("session", [folder, APP]);
      const client = makeHttpClient(api);
      await client.apply(service("hello", { "autoscaling.knative.dev/min-scale": "1" }));
      await untilReady(client, ["hello"]);
      const target = [String(ingress.port), "hello.default.localhost", String(PER_SECOND)];
      const [load] = await start("load", target);
      const figures = await measure(session, load, client);
      const ended = once(session, "exit");
      session.send("stop");
      await ended;
      return { figures };
    } finally {
      for (const child of children) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
