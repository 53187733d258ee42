// Implements the runtime's calls for containers with a Docker engine.
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import type { ExecOptions } from "../exec-options.ts";
import { LimitedOutput } from "../limited-output.ts";
import { mergeListeners, parseListeners } from "../proc-net.ts";
import {
  type ContainerRuntime,
  type ListeningSocket,
  type LogLine,
  type RuntimeContainer,
  RuntimeError,
} from "../runtime.ts";
import { attach, execAttached } from "./attached-streams.ts";
import { containerOptions } from "./container-options.ts";
import { containerState, type Reach } from "./container-state.ts";
import { type EngineFailure, engineCall, ifFound, isNotFound, tolerate } from "./engine-error.ts";
import { readFrames, readLogLines, readTerminalLines } from "./log-stream.ts";

export interface DockerContainersOptions {
  readonly docker: Docker;
  readonly reach: () => Promise<Reach>;
  /** The address on the engine's machine to which published ports are bound. */
  readonly bindIp: string;
  /** Whether the engine runs on this machine, so that /proc shows the sockets of its containers. */
  readonly sameMachine: boolean;
}

/** Limits a table of sockets, which a `cat` inside the container prints: about 7000 sockets. */
const TABLE_BYTES = 2 ** 20;

type OtherCalls = "capabilities" | "info" | "networks" | "images" | "volumes" | "events" | "close";

export function makeDockerContainers(options: DockerContainersOptions): Omit<ContainerRuntime, OtherCalls> {
  const { docker } = options;
  const at = (id: string): Docker.Container => docker.getContainer(id);
  const inspect = async (id: string): Promise<RuntimeContainer | undefined> => {
    const found = await ifFound(at(id).inspect());
    return found && containerState(found, await options.reach());
  };
  return {
    create: (spec) =>
      engineCall(`creating container ${spec.name}`, async () => {
        const reach = await options.reach();
        const body = containerOptions(spec, reach.kind === "published" ? { hostIp: options.bindIp } : undefined);
        // With a single argument, the client library would repeat the body in the query.
        const created = await docker.createContainer({ _query: { name: spec.name }, _body: body } as never);
        return created.id;
      }),
    start: (id) => engineCall("starting a container", () => tolerate(at(id).start(), isAlreadyStarted)),
    kill: (id, signal) => engineCall(`sending ${signal}`, () => tolerate(at(id).kill({ signal }), isNotRunning)),
    pause: (id) => engineCall("pausing a container", () => at(id).pause()),
    unpause: (id) => engineCall("unpausing a container", () => at(id).unpause()),
    remove: (id) => engineCall("removing a container", () => ifFound(at(id).remove({ force: true, v: true }))),
    inspect: (id) => engineCall("inspecting a container", () => inspect(id)),
    list: (label) =>
      engineCall("listing containers", async () => {
        const found = await docker.listContainers({ all: true, filters: { label: [label] } });
        const states = await Promise.all(found.map((container) => inspect(container.Id)));
        return states.filter((state) => state !== undefined);
      }),
    wait: (id, signal) =>
      engineCall("waiting for a container", async () => {
        const answer = (await at(id).wait(signal ? { abortSignal: signal } : {})) as { StatusCode: number };
        const state = await inspect(id);
        return { exitCode: answer.StatusCode, oomKilled: state?.oomKilled ?? false };
      }),
    exec: (id, command, execOptions = {}) =>
      engineCall("running a command in a container", () => exec(at(id), command, execOptions)),
    execAttached: (id, command, streams) =>
      engineCall("running a command in a container", () => execAttached(at(id), command, streams)),
    attach: (id, streams) => engineCall("attaching to a container", () => attach(at(id), streams)),
    logs: (id, logOptions) => logs(at(id), logOptions),
    stats: (id) => engineCall("reading statistics", () => stats(at(id))),
    listeners: (id) => engineCall("reading listening sockets", () => listeners(options, id)),
    putArchive: (id, path, tar) =>
      engineCall(`copying files to ${path}`, async () => void (await at(id).putArchive(tar, { path }))),
    getArchive: (id, path) =>
      engineCall(`copying files from ${path}`, async () => (await at(id).getArchive({ path })) as unknown as Readable),
  };
}

function isAlreadyStarted({ statusCode }: EngineFailure): boolean {
  return statusCode === 304;
}

function isNotRunning({ statusCode, message }: EngineFailure): boolean {
  return statusCode === 404 || (statusCode === 409 && /is not running/.test(message ?? ""));
}

async function exec(
  container: Docker.Container,
  command: readonly string[],
  options: ExecOptions & { readonly maxBytes?: number },
): Promise<{ exitCode: number; output: string }> {
  const run = await container.exec({
    Cmd: [...command],
    AttachStdout: true,
    AttachStderr: true,
    Env: options.env?.map(([name, value]) => `${name}=${value}`),
    User: options.user,
    WorkingDir: options.workingDir,
    Privileged: options.privileged,
  });
  const stream = (await run.start({ Detach: false, Tty: false })) as unknown as Readable;
  let expired = false;
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          expired = true;
          stream.destroy();
        }, options.timeoutMs);
  const output = new LimitedOutput(options.maxBytes);
  try {
    for await (const { payload } of readFrames(stream)) output.add(payload);
  } catch (failure) {
    if (!expired) throw failure;
  } finally {
    clearTimeout(timer);
  }
  if (expired)
    throw new RuntimeError("failed", `command "${command.join(" ")}" timed out after ${options.timeoutMs} ms`);
  const { ExitCode: exitCode } = await run.inspect();
  return { exitCode: exitCode ?? 0, output: output.text() };
}

async function* logs(
  container: Docker.Container,
  options: Parameters<ContainerRuntime["logs"]>[1],
): AsyncGenerator<LogLine> {
  if (options.signal?.aborted) return;
  try {
    const { Config: config } = await container.inspect();
    const wanted = {
      stdout: true,
      stderr: true,
      timestamps: true,
      ...(options.tail !== undefined && { tail: options.tail }),
      ...(options.since !== undefined && { since: Date.parse(options.since) / 1000 }),
      ...(options.signal && { abortSignal: options.signal }),
    };
    const stream = options.follow
      ? ((await container.logs({ ...wanted, follow: true })) as unknown as Readable)
      : Readable.from([await container.logs({ ...wanted, follow: false })]);
    yield* config.Tty ? readTerminalLines(stream) : readLogLines(stream);
  } catch (failure) {
    if (options.signal?.aborted || isNotFound(failure)) return;
    throw await engineCall("reading logs", () => Promise.reject(failure)).catch((error: unknown) => error);
  }
}

async function stats(container: Docker.Container): ReturnType<ContainerRuntime["stats"]> {
  const found = await container.stats({ stream: false, "one-shot": true } as { stream: false });
  const memory = found.memory_stats ?? {};
  const parts = (memory.stats ?? {}) as { inactive_file?: number; total_inactive_file?: number };
  return {
    cpuNanos: found.cpu_stats?.cpu_usage?.total_usage ?? 0,
    memoryBytes: Math.max(0, (memory.usage ?? 0) - (parts.total_inactive_file ?? parts.inactive_file ?? 0)),
    memoryLimitBytes: memory.limit ?? 0,
  };
}

/** Reads /proc of this machine if the engine runs on it; else runs `cat` inside the container, if its image has it. */
async function listeners(
  options: DockerContainersOptions,
  id: string,
): Promise<readonly ListeningSocket[] | undefined> {
  const container = options.docker.getContainer(id);
  const { State: state } = await container.inspect();
  if (!state.Running) return undefined;
  const local = options.sameMachine
    ? await readTables((name) => readFile(`/proc/${state.Pid}/net/${name}`, "utf8"))
    : undefined;
  if (local) return local;
  return readTables(async (name) => {
    const limits = { timeoutMs: 2_000, maxBytes: TABLE_BYTES };
    const { exitCode, output } = await exec(container, ["cat", `/proc/net/${name}`], limits);
    if (exitCode !== 0) throw new RuntimeError("failed", output);
    return output;
  });
}

async function readTables(read: (name: string) => Promise<string>): Promise<readonly ListeningSocket[] | undefined> {
  try {
    const v4 = await read("tcp");
    const v6 = await read("tcp6").catch(() => "");
    return mergeListeners([...parseListeners(v4), ...parseListeners(v6)]);
  } catch {
    return undefined;
  }
}
