// Runs a whole session in the test's process, with real listeners and a real runtime. `close` checks that nothing is
// left.
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AnyObject, StringMap } from "../../src/apis/meta/object.ts";
import type { Service } from "../../src/apis/serving/types.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { startEmulator } from "../../src/emulator/emulator.ts";
import type { Emulator, EmulatorOptions } from "../../src/emulator/options.ts";
import { leftovers, openTestEngine, testAppPath, testImage } from "./engine.ts";
import { eventually } from "./eventually.ts";
import { isRunning } from "./test-folder.ts";

export interface TestSession extends AsyncDisposable {
  readonly emulator: Emulator;
  /** The container for a Service of the test app; for processes only a placeholder image. */
  readonly image: string;
  apply(service: AnyObject): Promise<void>;
  /** Returns a Service of the test app. */
  deploy(name: string, options?: ServiceOptions): Promise<void>;
  service(name: string): Promise<Service>;
  /** Resolves when the condition Ready is True for the current generation. */
  ready(name: string, withinMs?: number): Promise<Service>;
  /** Sends GET to the public listener with the Service's Host. */
  fetch(name: string, path?: string): Promise<Answer>;
  /** Returns the pods that are not being deleted. */
  pods(name: string): Promise<readonly AnyObject[]>;
}

interface ServiceOptions {
  readonly annotations?: StringMap;
  readonly env?: StringMap;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly container?: Readonly<Record<string, unknown>>;
  readonly image?: string;
  /** Added to the test app's variables. */
  readonly containers?: readonly Readonly<Record<string, unknown>>[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The shortest windows that Knative allows, for fast scale to zero. */
export const SHORT_WINDOWS: ReadonlyMap<string, StringMap> = new Map([
  ["config-autoscaler", { "stable-window": "6s", "scale-to-zero-grace-period": "1s" }],
]);

/** Opens a session. Docker containers are published on loopback. */
export async function openSession(
  kind: "docker" | "process",
  options: Partial<EmulatorOptions> = {},
): Promise<TestSession> {
  const sessionId = `t${process.pid}x${Math.random().toString(36).slice(2, 8)}`;
  const sessionFolder = mkdtempSync(join(tmpdir(), "knap-session-"));
  const engine = kind === "docker" ? await openTestEngine() : undefined;
  const image = engine ? await testImage(engine) : "dev.local/test-app";
  const commands: EmulatorOptions["commands"] = {
    get: () => ({ command: [process.execPath, testAppPath], folder: sessionFolder, env: {} }),
    has: () => true,
  } as never;
  const emulator = await startEmulator({
    runtime: kind,
    address: "127.0.0.1",
    port: 0,
    stopTimeoutMs: 5000,
    drain: "knap",
    clock: "real",
    containerAddress: "published",
    wake: "cold",
    sessionId,
    sessionFolder,
    hostId: "knap-test",
    // Removes what an aborted earlier run left on the engine.
    isSessionLive: (id) => isRunning(Number(/^t(\d+)x/.exec(id)?.[1] ?? process.pid)),
    configMaps: SHORT_WINDOWS,
    images: [],
    commands,
    log: silentLogger,
    ...options,
  });
  const { client, ingress } = emulator;
  const key = (name: string) => ({ kind: "Service.serving.knative.dev", namespace: "default", name }) as const;
  const service = async (name: string): Promise<Service> => {
    const found = await client.get(key(name));
    if (!found) throw new Error(`no Service ${name}`);
    return found;
  };
  const fetchFrom = (name: string, path = "/"): Promise<Answer> =>
    ask({ ...ingress, path, headers: { host: `${name}.default.localhost` } });
  return {
    emulator,
    image,
    service,
    apply: async (object) => void (await client.apply(object)),
    deploy: async (name, wanted = {}) => void (await client.apply(makeService(name, image, wanted))),
    ready: (name, withinMs = 30_000) =>
      eventually(async () => {
        const found = await service(name);
        const ready = found.status?.conditions?.find(({ type }) => type === "Ready");
        const current = found.status?.observedGeneration === found.metadata.generation;
        if (ready?.status !== "True" || !current)
          throw new Error(`${name}: ${JSON.stringify(found.status?.conditions)}`);
        return found;
      }, withinMs),
    fetch: fetchFrom,
    pods: async (name) => {
      const labels = { matchLabels: { "serving.knative.dev/service": name } };
      const { items } = await client.list("Pod", { namespace: "default", labels });
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    },
    [Symbol.asyncDispose]: async () => {
      await emulator.stop("gentle");
      const left = engine ? await leftovers(engine, `knap.dev/session=${sessionId}`) : [];
      await engine?.close();
      rmSync(sessionFolder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`left behind: ${left.join(", ")}`);
    },
  };
}

function makeService(name: string, image: string, options: ServiceOptions): Service {
  const env = Object.entries(options.env ?? {}).map(([variable, value]) => ({ name: variable, value }));
  return {
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: {
      template: {
        metadata: { annotations: options.annotations ?? {} },
        spec: {
          ...options.spec,
          containers: [{ image: options.image ?? image, env, ...options.container }, ...(options.containers ?? [])],
        },
      },
    },
  };
}

/** Sends one GET on a new connection. */
export function ask(to: {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...to, agent: false }, (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (chunk: string) => {
        text += chunk;
      });
      reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text }));
      reply.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}
