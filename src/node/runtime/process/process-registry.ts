// Manages the child processes of one session, with their events and their records on disk.
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type EventQueue, makeEventQueue } from "../event-queue.ts";
import { type ContainerSpec, RuntimeError, type RuntimeEvent } from "../runtime.ts";
import { Child, type ChildHooks } from "./child-process.ts";
import { identityOf } from "./process-identity.ts";
import { dropRecord, killGroup, removeFile, writeRecord } from "./process-records.ts";
import { startTimeNow, startTimeOf } from "./system-processes.ts";

export interface ProcessOptions {
  readonly session: string;
  /** The session's folder. Records are in its folder `processes/`, logs in `logs/`. */
  readonly folder: string;
}

export class ProcessRegistry {
  readonly #options: ProcessOptions;
  readonly #children = new Map<string, Child>();
  readonly #listeners = new Set<EventQueue<RuntimeEvent>>();

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  create(spec: ContainerSpec): string {
    if ((spec.command ?? []).length === 0) {
      throw new RuntimeError(
        "invalid",
        `${spec.name} names no command; give services.<name>.command in knap.yaml, or use Docker`,
      );
    }
    const id = randomUUID();
    const { session, folder } = this.#options;
    const hooks: ChildHooks = {
      session,
      logFile: join(folder, "logs", `${id}.log`),
      now: () => new Date().toISOString(),
      takePort: () => freePort(new Set(this.all().map((other) => other.port ?? 0))),
      onStarted: (started) => this.#onStarted(started),
      onExited: (exited) => this.#onExited(exited),
    };
    const child = writing(folder, `keeping a log of ${spec.name}`, () => {
      // Another program may have deleted the folder of the session.
      mkdirSync(join(folder, "logs"), { recursive: true, mode: 0o700 });
      return new Child(id, spec, hooks);
    });
    this.#children.set(id, child);
    return id;
  }

  find(id: string): Child | undefined {
    return this.#children.get(id);
  }

  get(id: string): Child {
    const child = this.#children.get(id);
    if (!child) throw new RuntimeError("not-found", `no process ${id}`);
    return child;
  }

  all(): readonly Child[] {
    return [...this.#children.values()];
  }

  async remove(id: string): Promise<void> {
    const child = this.#children.get(id);
    if (!child) return;
    child.kill("SIGKILL");
    if (child.status !== "created") await child.exited;
    child.log.end();
    this.#children.delete(id);
    removeFile(join(this.#options.folder, "logs", `${id}.log`));
    this.#emit({ type: "destroy", containerId: id, labels: child.spec.labels });
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const queue = makeEventQueue<RuntimeEvent>(() => this.#listeners.delete(queue));
    this.#listeners.add(queue);
    if (signal.aborted) queue.end();
    signal.addEventListener("abort", () => queue.end(), { once: true });
    return queue;
  }

  /** Follows a command that runs beside the child's own process, until disposed. It is killed when the child exits. */
  followCommand(child: Child, pid: number): Disposable {
    const id = randomUUID();
    const kill = (): void => void killGroup(pid, "SIGKILL");
    child.commands.add(pid);
    try {
      this.#record(id, pid, { spec: child.spec, isRunning: () => child.commands.has(pid), onFailed: kill });
    } catch (error) {
      kill();
      throw error;
    }
    return {
      [Symbol.dispose]: () => {
        child.commands.delete(pid);
        dropRecord(this.#records, id);
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#children.keys()].map((id) => this.remove(id)));
    for (const queue of this.#listeners) queue.end();
  }

  get #records(): string {
    return join(this.#options.folder, "processes");
  }

  /** Throws when the record cannot be written: after a crash, the next session could not find the process. */
  #onStarted(child: Child): void {
    const { pid } = child;
    if (pid === undefined) return;
    const onFailed = (why: string): void => child.fail(why);
    this.#record(child.id, pid, { spec: child.spec, isRunning: () => child.pid === pid, onFailed });
    this.#emit({ type: "start", containerId: child.id, labels: child.spec.labels });
  }

  /** Throws when the record cannot be written now; calls `onFailed` when that shows later. */
  #record(
    id: string,
    pid: number,
    { spec, isRunning, onFailed }: { spec: ContainerSpec; isRunning(): boolean; onFailed(why: string): void },
  ): void {
    const { folder } = this.#options;
    const record = (startTime: string | undefined): void => {
      if (startTime === undefined || !isRunning()) return;
      const written = { process: identityOf(pid, startTime), labels: spec.labels };
      writing(folder, `recording a process of ${spec.name}`, () => writeRecord(this.#records, id, written));
    };
    // Linux allows a synchronous write, so that a process is recorded as soon as it runs.
    const startTime = startTimeNow(pid);
    if (startTime !== undefined) record(startTime);
    else
      startTimeOf(pid)
        .then(record)
        .catch((error: Error) => onFailed(error.message));
  }

  #onExited(child: Child): void {
    dropRecord(this.#records, child.id);
    this.#emit({ type: "die", containerId: child.id, labels: child.spec.labels, exitCode: child.exitCode ?? 0 });
  }

  #emit(event: RuntimeEvent): void {
    for (const queue of this.#listeners) queue.push(event);
  }
}

/** Runs a write to the session's folder. If the disk is full, throws a RuntimeError that names the folder. */
function writing<T>(folder: string, doing: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    const why = `${doing}: no space left on device; the disk of ${folder} is full: make room there, or set XDG_RUNTIME_DIR to a folder elsewhere`;
    throw new RuntimeError("no-space", why, { cause: error });
  }
}

/** Returns a free TCP port of 127.0.0.1 that is not in `avoid`. Another program may take it before the child does. */
export async function freePort(avoid: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0 }, () => {
        const address = server.address();
        server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
      });
    });
    if (!avoid.has(port)) return port;
  }
}
