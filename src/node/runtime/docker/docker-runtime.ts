// Connects to the Docker engine, and decides how knap reaches its containers.
import { existsSync, readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { homedir } from "node:os";
import Docker from "dockerode";
import { type ContainerRuntime, RuntimeError, type RuntimeInfo } from "../runtime.ts";
import type { Reach } from "./container-state.ts";
import type { EngineBuilder } from "./docker-build.ts";
import { makeDockerContainers } from "./docker-containers.ts";
import { dockerEvents } from "./docker-events.ts";
import { makeDockerImages } from "./docker-images.ts";
import { makeDockerNetworks, realMachine } from "./docker-networks.ts";
import { type EngineEndpoint, findEngines } from "./endpoint.ts";
import { engineCall, ifFound, toRuntimeError } from "./engine-error.ts";
import { guardRequests, reportCutResponses } from "./engine-requests.ts";
import { DEFAULT_SUBNETS } from "./subnets.ts";

export interface DockerOptions {
  /** How knap reaches containers (`--container-address`); undefined: the runtime decides. */
  readonly address?: "direct" | "published";
  /** `KNAP_SUBNETS`: comma-separated ranges from which networks take a /24. */
  readonly subnets?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

interface Engine {
  readonly docker: Docker;
  readonly endpoint: EngineEndpoint;
  close(): void;
}

/** Connects to the first engine that answers. Throws `unreachable` with advice when none does. */
export async function openDockerRuntime(options: DockerOptions = {}): Promise<ContainerRuntime> {
  const { docker, endpoint, close } = await connect(options.env ?? process.env);
  const remote = endpoint.kind === "tcp" && !["localhost", "127.0.0.1", "::1"].includes(endpoint.host);
  const published: Reach = { kind: "published", host: remote && endpoint.kind === "tcp" ? endpoint.host : "127.0.0.1" };
  const machine = realMachine(docker);

  let decided: Promise<Reach> | undefined =
    options.address && Promise.resolve(options.address === "direct" ? { kind: "direct" } : published);
  const decide = async (gateway: string): Promise<Reach> => {
    if ((await machine.ownContainer()) !== undefined) return { kind: "direct" };
    // A new network never takes an address of this host. If this host now has the gateway's address, the engine's
    // bridge is on this host.
    return (await machine.owns(gateway)) ? { kind: "direct" } : published;
  };
  const networks = makeDockerNetworks({
    docker,
    machine,
    pools: options.subnets ?? options.env?.["KNAP_SUBNETS"] ?? process.env["KNAP_SUBNETS"] ?? DEFAULT_SUBNETS,
    onOpened: (gateway) => {
      decided ??= decide(gateway);
    },
  });
  // Before the session opens its network, knap opens a temporary one to decide. Concurrent callers share it. After a
  // failure, the next caller tries again.
  let trial: Promise<void> | undefined;
  const openTrialNetwork = async (): Promise<void> => {
    const { id } = await networks.open({ name: `knap-trial-${process.pid}-${Date.now()}`, labels: {} });
    await networks.close(id);
  };
  const reach = async (): Promise<Reach> => {
    if (decided === undefined) {
      trial ??= openTrialNetwork().finally(() => {
        trial = undefined;
      });
      await trial;
    }
    return decided as unknown as Promise<Reach>;
  };
  // The engine starts programs to answer, which would delay every build. After a failure, the next build asks again.
  let builder: Promise<EngineBuilder> | undefined;
  const findBuilder = (): Promise<EngineBuilder> => {
    builder ??= builderOf(docker, options.env).catch((error: unknown) => {
      builder = undefined;
      throw error;
    });
    return builder;
  };
  return {
    capabilities: {
      images: true,
      build: true,
      pause: true,
      exec: true,
      volumes: true,
      archives: true,
      networks: true,
      limits: true,
      sharedNetworkNamespace: true,
      assignsPort: false,
    },
    engineAddress: addressOf(endpoint),
    info: () =>
      engineCall("asking the engine", async () => ({
        ...(await info(docker, reach)),
        ownContainer: await machine.ownContainer(),
      })),
    networks,
    images: makeDockerImages(docker, findBuilder),
    volumes: makeVolumes(docker),
    ...makeDockerContainers({
      docker,
      reach,
      bindIp: remote ? "0.0.0.0" : "127.0.0.1",
      sameMachine: endpoint.kind === "socket" && process.platform === "linux",
    }),
    events: (signal) => dockerEvents(docker, signal),
    close: async () => close(),
  };
}

async function connect(env: Readonly<Record<string, string | undefined>>): Promise<Engine> {
  const found = findEngines({
    env,
    home: homedir(),
    platform: process.platform,
    exists: existsSync,
    readFile: (path) => {
      try {
        return readFileSync(path, "utf8");
      } catch {
        return undefined;
      }
    },
  });
  if (found.candidates === undefined) throw new RuntimeError("unreachable", found.refused);
  let last: unknown;
  for (const endpoint of found.candidates) {
    const engine = makeEngine(endpoint);
    try {
      await engine.docker.ping();
      return engine;
    } catch (failure) {
      engine.close();
      last ??= toRuntimeError(failure, `engine at ${describe(endpoint)} (from ${endpoint.from})`);
    }
  }
  throw last;
}

/** Returns the endpoint as DOCKER_HOST names it. */
function addressOf(endpoint: EngineEndpoint): string {
  if (endpoint.kind === "tcp") return `tcp://${endpoint.host}:${endpoint.port}`;
  return `${process.platform === "win32" ? "npipe" : "unix"}://${endpoint.path}`;
}

function describe(endpoint: EngineEndpoint): string {
  return endpoint.kind === "socket" ? endpoint.path : `${endpoint.host}:${endpoint.port}`;
}

function makeEngine(endpoint: EngineEndpoint): Engine {
  const tls = endpoint.kind === "tcp" ? endpoint.tls : undefined;
  const agent = tls
    ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: tls.verify, ca: tls.ca, cert: tls.cert, key: tls.key })
    : new HttpAgent({ keepAlive: true });
  const address =
    endpoint.kind === "socket"
      ? { socketPath: endpoint.path, host: undefined, port: undefined }
      : { host: endpoint.host, port: endpoint.port };
  const docker = new Docker({ ...address, protocol: tls ? "https" : "http", agent } as never);
  guardRequests(docker);
  const cutResponses = reportCutResponses(agent);
  const close = (): void => {
    cutResponses[Symbol.dispose]();
    agent.destroy();
  };
  return { docker, endpoint, close };
}

async function info(docker: Docker, reach: () => Promise<Reach>): Promise<RuntimeInfo> {
  const engine = await docker.info();
  return {
    name: "docker",
    version: engine.ServerVersion,
    engineId: engine.ID,
    os: engine.OSType,
    architecture: goArchitecture(engine.Architecture),
    cpus: engine.NCPU,
    memoryBytes: engine.MemTotal,
    address: (await reach()).kind,
  };
}

/** The engine reports the kernel's name of the architecture; images use Go's. */
function goArchitecture(machine: string): string {
  const names: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm", i686: "386" };
  return names[machine] ?? machine;
}

/** BuildKit's own API appeared in 1.39; since 1.42 it has the size of /dev/shm. */
async function builderOf(docker: Docker, env: DockerOptions["env"] = process.env): Promise<EngineBuilder> {
  const version = await engineCall("asking the engine", () => docker.version());
  const minor = Number(version.ApiVersion.split(".")[1] ?? 0);
  const components = (version as { Components?: readonly { Name: string }[] }).Components ?? [];
  const isPodman = components.some(({ Name: name }) => /podman/i.test(name));
  const hasBuildKit = version.Os === "linux" && minor >= 39 && !isPodman && env["DOCKER_BUILDKIT"] !== "0";
  return { version: hasBuildKit ? "2" : "1", hasShmSize: !hasBuildKit || minor >= 42 };
}

function makeVolumes(docker: Docker): ContainerRuntime["volumes"] {
  return {
    create: (name, labels, options = {}) =>
      engineCall(`creating volume ${name}`, async () => {
        const size = options.sizeBytes === undefined ? "" : `,size=${options.sizeBytes}`;
        await docker.createVolume({
          Name: name,
          Labels: { ...labels },
          ...(options.tmpfs && {
            Driver: "local",
            DriverOpts: { type: "tmpfs", device: "tmpfs", o: `mode=1777${size}` },
          }),
        });
      }),
    remove: (name) =>
      engineCall(`removing volume ${name}`, () => ifFound(docker.getVolume(name).remove({ force: true }))),
    list: (label) =>
      engineCall("listing volumes", async () => {
        const found = await docker.listVolumes({ filters: JSON.stringify({ label: [label] }) as never });
        return (found.Volumes ?? []).map((volume) => ({ name: volume.Name, labels: volume.Labels ?? {} }));
      }),
  };
}
