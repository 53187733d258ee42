// Implements the container runtime without Docker: each container is a child process. It ignores the image of a spec.
import { availableParallelism, totalmem } from "node:os";
import { resolve } from "node:path";
import type { ClientStreams } from "../client-streams.ts";
import { type ContainerRuntime, type ContainerSpec, type RuntimeContainer, RuntimeError } from "../runtime.ts";
import { runAttached } from "./attached-command.ts";
import type { Child } from "./child-process.ts";
import { type ProcessOptions, ProcessRegistry } from "./process-registry.ts";
import { runCommand } from "./run-command.ts";
import { groupListeners, groupStats } from "./system-processes.ts";

/** Returns the runtime. `close` kills all processes of the runtime. */
export function openProcessRuntime(options: ProcessOptions): ContainerRuntime {
  const children = new ProcessRegistry(options);
  return {
    capabilities: {
      images: false,
      build: false,
      pause: process.platform !== "win32",
      exec: true,
      volumes: false,
      archives: false,
      networks: false,
      limits: false,
      sharedNetworkNamespace: true,
      assignsPort: true,
    },
    info: async () => ({
      name: "process",
      version: process.version,
      engineId: `process:${options.session}`,
      os: process.platform,
      architecture: process.arch === "x64" ? "amd64" : process.arch,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      address: "direct",
    }),
    ...ENGINE_CALLS,
    create: async (spec) => children.create(spec),
    start: (id) => children.get(id).start(),
    kill: async (id, signal) => children.find(id)?.kill(signal as NodeJS.Signals),
    pause: async (id) => children.get(id).pause(),
    unpause: async (id) => children.get(id).unpause(),
    remove: (id) => children.remove(id),
    inspect: async (id) => children.find(id) && stateOf(children.get(id)),
    list: async (label) =>
      children
        .all()
        .filter((child) => hasLabel(child.spec, label))
        .map(stateOf),
    wait: (id, signal) => waitFor(children.get(id), signal),
    exec: async (id, command, more) => {
      const child = children.get(id);
      if (more?.user !== undefined || more?.privileged)
        throw new RuntimeError("invalid", "a process runs commands as knap's user; user and privileged need Docker");
      return runCommand(command, {
        cwd: resolve(child.folder, more?.workingDir ?? ""),
        base: child.env,
        more: more?.env,
        timeoutMs: more?.timeoutMs,
      });
    },
    execAttached: async (id, command, streams) => {
      const child = children.get(id);
      const onStarted = (pid: number): Disposable => children.followCommand(child, pid);
      return runAttached(command, { cwd: child.folder, env: child.variables, onStarted }, streams);
    },
    attach: async (id, streams) => attach(children.get(id), streams),
    logs: (id, more) => children.get(id).log.read(more),
    stats: async (id) => groupStats(children.get(id).pid ?? -1),
    listeners: async (id) => {
      const { pid } = children.get(id);
      return pid === undefined ? undefined : groupListeners(pid);
    },
    events: (signal) => children.events(signal),
    close: () => children.close(),
  };
}

const unsupported = (what: string) => (): Promise<never> =>
  Promise.reject(new RuntimeError("invalid", `the process runtime has no ${what}`));

/** The calls that need an engine. Callers check the capabilities first. */
const ENGINE_CALLS: Pick<ContainerRuntime, "networks" | "images" | "volumes" | "putArchive" | "getArchive"> = {
  networks: { open: unsupported("networks"), close: async () => {}, list: async () => [] },
  images: {
    inspect: async () => undefined,
    pull: unsupported("images"),
    build: unsupported("images"),
    tag: unsupported("images"),
    digest: unsupported("images"),
    list: async () => [],
    remove: async () => {},
    import: unsupported("images"),
  },
  volumes: { create: unsupported("volumes"), remove: async () => {}, list: async () => [] },
  putArchive: unsupported("archives"),
  getArchive: unsupported("archives"),
};

async function attach({ log }: Child, { stdin, stdout, stderr, signal }: ClientStreams): Promise<void> {
  if (stdin) throw new RuntimeError("invalid", "a process has no standard input: attach without -i");
  const sinks = { stdout, stderr };
  for await (const { stream, text } of log.read({ follow: true, tail: 0, signal })) {
    await sinks[stream]?.(Buffer.from(`${text}\n`));
  }
}

function stateOf(child: Child): RuntimeContainer {
  const address = (declared: number) => ({ host: "127.0.0.1", port: child.port ?? declared });
  return {
    id: child.id,
    name: child.spec.name,
    labels: child.spec.labels,
    status: child.status,
    ...(child.status === "exited" && { exitCode: child.exitCode ?? 0, oomKilled: false }),
    error: child.error,
    startedAt: child.startedAt,
    finishedAt: child.finishedAt,
    pid: child.pid,
    ip: child.pid === undefined ? undefined : "127.0.0.1",
    addresses: child.pid === undefined ? {} : Object.fromEntries(child.spec.ports.map((port) => [port, address(port)])),
  };
}

function hasLabel(spec: ContainerSpec, label: string): boolean {
  const [name = "", ...value] = label.split("=");
  return name in spec.labels && (value.length === 0 || spec.labels[name] === value.join("="));
}

async function waitFor(child: Child, signal?: AbortSignal): Promise<{ exitCode: number; oomKilled: boolean }> {
  const aborted = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new RuntimeError("failed", "waiting was aborted"));
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
  return { exitCode: await Promise.race([child.exited, aborted]), oomKilled: false };
}
