// Kills containers, the engine and knap in an order that a seed decides, while clients send requests. Every request
// gets a response or a reason, all Services recover, and nothing is left behind. KNAP_CHAOS_SECONDS sets the duration.
import { mkdirSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { makeRandom } from "../../src/base/seeded-random.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { leftovers, openTestEngine, testImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { KnapHome, type RunningKnap } from "../support/knap.ts";
import { openPrivateEngine, privateEngineLack } from "../support/private-engine.ts";

const SECONDS = Number(process.env["KNAP_CHAOS_SECONDS"] ?? 120);
const SEED = Number(process.env["KNAP_CHAOS_SEED"] ?? 42);
const SERVICES = ["steady", "napper", "narrow"] as const;
/** The longest back-off of a pod that was killed repeatedly. A request can wait that long. */
const REQUEST_TIMEOUT_MS = 120_000;

interface RequestRecord {
  readonly service: string;
  readonly began: number;
  readonly ended: number;
  /** Status and body, or the error code of the connection. */
  readonly outcome: string;
}

if (privateEngineLack) console.info(`chaos: skipped, ${privateEngineLack}`);

test.skipIf(privateEngineLack !== undefined)(
  `after ${SECONDS} s of kills with seed ${SEED} every request has a response or a reason, and nothing is left behind`,
  async () => {
    await using world = await openWorld();
    const clients = new Clients(world.port);
    await world.startKnap();
    clients.start();
    await killUntilTimeout(world);
    await world.waitForEngine();
    await clients.waitUntilAllServe();
    const sent = await clients.stop();
    const unexplained = sent.filter((one) => !isExplained(one, world.outages));
    const tally = new Map<string, number>();
    for (const { outcome } of sent) tally.set(outcome.slice(0, 60), (tally.get(outcome.slice(0, 60)) ?? 0) + 1);
    console.info(`chaos: ${sent.length} requests, ${world.kills.join(" ")}\n`, Object.fromEntries(tally));
    expect(unexplained).toEqual([]);
    expect(tally.get("200")).toBeGreaterThan(SECONDS);
    await world.endKnap();
    expect(await leftovers(world.engine, `knap.dev/host=${world.home.hostId}`)).toEqual([]);
  },
  SECONDS * 1000 + 300_000,
);

/** A period in which knap is not running or has not applied its files yet. Times are Unix milliseconds. */
interface Outage {
  readonly from: number;
  until: number;
}

function isExplained({ began, ended, outcome }: RequestRecord, outages: readonly Outage[]): boolean {
  if (outcome === "200" || /^50[234] \S/.test(outcome)) return true;
  const wasOut = outages.some(({ from, until }) => began < until && ended > from);
  return wasOut && /^(ECONNREFUSED|ECONNRESET|404|503|socket hang up)/.test(outcome);
}

class World implements AsyncDisposable {
  readonly home: KnapHome;
  readonly engine: ContainerRuntime;
  readonly port: number;
  readonly outages: Outage[] = [];
  readonly kills: string[] = [];
  readonly #daemon: Awaited<ReturnType<typeof openPrivateEngine>>;
  readonly #folder: string;
  #knap: RunningKnap | undefined;

  constructor(parts: { daemon: World["daemon"]; engine: ContainerRuntime; image: string; port: number }) {
    this.#daemon = parts.daemon;
    this.engine = parts.engine;
    this.port = parts.port;
    this.home = new KnapHome({ DOCKER_HOST: parts.daemon.host, KNAP_CONTAINER_ADDRESS: "published" });
    this.#folder = join(this.home.folder, "project");
    mkdirSync(this.#folder);
    writeFileSync(join(this.#folder, "service.yaml"), makeServices(parts.image));
    const windows = { "stable-window": "6s", "scale-to-zero-grace-period": "1s" };
    writeFileSync(join(this.#folder, "knap.yaml"), JSON.stringify({ config: { autoscaler: windows } }));
  }

  get daemon() {
    return this.#daemon;
  }

  async startKnap(): Promise<void> {
    const outage = this.outages.at(-1) ?? { from: 0, until: Number.POSITIVE_INFINITY };
    if (this.outages.length === 0) this.outages.push(outage);
    const flags = ["--runtime", "docker", "--ui", "json", "--no-watch", "--port", String(this.port)];
    const knap = this.home.start(["up", ...flags], this.#folder);
    this.#knap = knap;
    for (const service of SERVICES)
      await knap.until((event) => event.type === "ready" && event["service"] === service, 90_000);
    outage.until = Date.now();
  }

  async killKnap(): Promise<void> {
    this.kills.push("knap");
    this.outages.push({ from: Date.now(), until: Number.POSITIVE_INFINITY });
    this.#knap?.child.kill("SIGKILL");
    await this.#knap?.finished;
    await this.startKnap();
  }

  async endKnap(): Promise<void> {
    expect(await this.#knap?.interrupt()).toMatchObject({ code: 0 });
    this.#knap = undefined;
  }

  async killContainer(chosen: number, how: "kill" | "remove"): Promise<void> {
    const running = (await this.engine.list("knap.dev/pod")).filter(({ status }) => status === "running");
    const victim = running[Math.floor(chosen * running.length)];
    if (!victim) return;
    this.kills.push(how);
    // The container may exit at the same moment.
    await (how === "kill" ? this.engine.kill(victim.id, "SIGKILL") : this.engine.remove(victim.id)).catch(() => {});
  }

  async restartEngine(signal: "SIGTERM" | "SIGKILL", pauseMs: number): Promise<void> {
    this.kills.push(`engine-${signal}`);
    await this.#daemon.stop(signal);
    await sleep(pauseMs);
    await this.#daemon.start();
  }

  /** Waits until the engine answers. Nothing is killed any more. */
  async waitForEngine(): Promise<void> {
    await eventually(() => this.engine.list("knap.dev/pod"), 30_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#knap?.child.kill("SIGKILL");
    await this.#knap?.finished;
    await this.engine.close();
    await this.#daemon.close();
    this.home[Symbol.dispose]();
  }
}

async function openWorld(): Promise<World> {
  const daemon = await openPrivateEngine();
  const engine = await openTestEngine({ env: { DOCKER_HOST: daemon.host } });
  return new World({ daemon, engine, image: await testImage(engine), port: await freePort() });
}

async function killUntilTimeout(world: World): Promise<void> {
  const random = makeRandom(SEED);
  const until = Date.now() + SECONDS * 1000;
  // Each kind happens once in this order, then a random kind.
  const first = ["kill", "engine", "remove", "knap"];
  while (Date.now() < until) {
    await sleep(300 + random() * 1700);
    const target = first.shift() ?? ["kill", "kill", "remove", "engine", "knap"][Math.floor(random() * 5)];
    if (target === "engine") await world.restartEngine(random() < 0.5 ? "SIGTERM" : "SIGKILL", random() * 1500);
    else if (target === "knap") await world.killKnap();
    else await world.killContainer(random(), target === "kill" ? "kill" : "remove");
  }
}

class Clients {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #sent: RequestRecord[] = [];
  #running: Promise<void>[] = [];
  #stopped = false;

  constructor(port: number) {
    this.#port = port;
  }

  start(): void {
    const pauses = { steady: 30, narrow: 60, napper: 9_000 };
    for (const service of SERVICES) {
      const count = service === "napper" ? 1 : 2;
      for (let index = 0; index < count; index++) this.#running.push(this.#loop(service, pauses[service]));
    }
  }

  /** Waits until every Service serves a request. */
  async waitUntilAllServe(): Promise<void> {
    for (const service of SERVICES)
      await eventually(async () => expect((await this.#send(service)).outcome).toBe("200"), REQUEST_TIMEOUT_MS, 200);
  }

  async stop(): Promise<readonly RequestRecord[]> {
    this.#stopped = true;
    await Promise.all(this.#running);
    this.#agent.destroy();
    return this.#sent;
  }

  async #loop(service: string, pauseMs: number): Promise<void> {
    while (!this.#stopped) {
      const one = await this.#send(service);
      this.#sent.push(one);
      for (let left = pauseMs; left > 0 && !this.#stopped; left -= 100) await sleep(Math.min(left, 100));
    }
  }

  #send(service: string): Promise<RequestRecord> {
    const began = Date.now();
    return new Promise((resolve) => {
      const end = (outcome: string): void => resolve({ service, began, ended: Date.now(), outcome });
      const options = { host: "127.0.0.1", port: this.#port, path: "/sleep?ms=20", agent: this.#agent };
      const headers = { host: `${service}.default.localhost` };
      const sent = request({ ...options, headers, timeout: REQUEST_TIMEOUT_MS }, (reply) => {
        let text = "";
        reply.setEncoding("utf8").on("data", (part: string) => (text += part));
        reply.on("end", () => end(reply.statusCode === 200 ? "200" : `${reply.statusCode} ${text.trim()}`));
        reply.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer")));
      sent.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      sent.end();
    });
  }
}

function makeServices(image: string): string {
  const one = (name: string, annotations: object, spec: object) => ({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name },
    spec: { template: { metadata: { annotations }, spec: { ...spec, containers: [{ image }] } } },
  });
  return [
    one("steady", { "autoscaling.knative.dev/min-scale": "2" }, {}),
    one("napper", {}, {}),
    one("narrow", { "autoscaling.knative.dev/max-scale": "2" }, { containerConcurrency: 1 }),
  ]
    .map((service) => JSON.stringify(service))
    .join("\n---\n");
}
