// Runs one container of the process runtime as a child process with its own process group. If its port is taken, the
// child starts once more on another port.
import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { type ContainerSpec, type RuntimeContainer, RuntimeError } from "../runtime.ts";
import { openProcessLog, type ProcessLog } from "./process-log.ts";
import { killGroup } from "./process-records.ts";

/** An app whose port is taken exits within this time. */
const PORT_RACE_MS = 1_000;
const PORT_TAKEN = /EADDRINUSE|address already in use/i;
/** The variables that a child inherits from knap's environment. All others come from the pod, as in a cluster. */
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TMPDIR|TEMP|TMP|TZ|SystemRoot|ComSpec|PATHEXT|APPDATA|LOCALAPPDATA)$/i;

export interface ChildHooks {
  readonly session: string;
  readonly logFile: string;
  now(): string;
  /** Returns a port for PORT. The child calls this again if the first port is taken. */
  takePort(): Promise<number>;
  /** If it throws, the child is killed. */
  onStarted(child: Child): void;
  onExited(child: Child): void;
}

export class Child {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly log: ProcessLog;
  readonly env: Readonly<Record<string, string>>;
  /** The pids of commands that run beside its own process. */
  readonly commands = new Set<number>();
  status: RuntimeContainer["status"] = "created";
  port: number | undefined;
  exitCode: number | undefined;
  error: string | undefined;
  startedAt: string | undefined;
  finishedAt: string | undefined;
  /** Resolves when the process has exited and does not start again. */
  readonly exited: Promise<number>;
  readonly #hooks: ChildHooks;
  #process: ChildProcess | undefined;
  #finish: (exitCode: number) => void = () => {};
  #killed = false;

  constructor(id: string, spec: ContainerSpec, hooks: ChildHooks) {
    this.id = id;
    this.spec = spec;
    this.#hooks = hooks;
    this.log = openProcessLog(hooks.logFile, hooks.now);
    this.env = environment(spec, hooks.session);
    this.exited = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get pid(): number | undefined {
    return this.status === "running" || this.status === "paused" ? this.#process?.pid : undefined;
  }

  get folder(): string {
    return this.spec.projectFolder ?? process.cwd();
  }

  /** The environment, with the current PORT. */
  get variables(): Readonly<Record<string, string>> {
    return this.port === undefined ? this.env : { ...this.env, PORT: String(this.port) };
  }

  /** Whether the runtime chooses PORT: only if the pod sets it for the container. */
  get assignsPort(): boolean {
    return "PORT" in this.env;
  }

  async start(): Promise<void> {
    await this.#spawn(true);
  }

  /** Sends SIGKILL to the whole group, any other signal to the first process only, as an engine does. */
  kill(signal: NodeJS.Signals): void {
    const pid = this.pid;
    if (pid === undefined) return;
    this.#killed = true;
    if (signal === "SIGKILL") killGroup(pid, "SIGKILL");
    else this.#process?.kill(signal);
  }

  /** Writes `why` to the log and kills the process. */
  fail(why: string): void {
    this.log.write("stderr", Buffer.from(`${why}\n`));
    this.kill("SIGKILL");
  }

  pause(): void {
    if (this.pid !== undefined && killGroup(this.pid, "SIGSTOP")) this.status = "paused";
  }

  unpause(): void {
    if (this.status !== "paused" || this.pid === undefined) return;
    killGroup(this.pid, "SIGCONT");
    this.status = "running";
  }

  async #spawn(mayRetry: boolean): Promise<void> {
    if (this.assignsPort) this.port = await this.#hooks.takePort();
    const [file = "", ...args] = [...(this.spec.command ?? []), ...(this.spec.args ?? [])];
    const child = spawn(file, args, {
      cwd: this.folder,
      env: this.variables,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream].on("data", (chunk: Buffer) => this.log.write(stream, chunk)).on("error", () => {});
    }
    const startedMs = performance.now();
    if (child.pid === undefined) {
      throw await new Promise((resolve) => {
        child.once("error", (failure) => resolve(spawnError(failure, file, this.folder)));
      });
    }
    // A signal that the system refuses to send is an error.
    child.on("error", () => {});
    this.#process = child;
    this.status = "running";
    this.startedAt = this.#hooks.now();
    // At `close`, unlike at `exit`, all output has been read.
    child.once("close", (code, signal) =>
      this.#onClosed(code, signal, mayRetry && performance.now() - startedMs < PORT_RACE_MS),
    );
    // The group ends with its first process, as a container does. Otherwise, other processes could keep the pipes open,
    // and `close` would not be emitted.
    child.once("exit", () => child.pid !== undefined && killGroup(child.pid, "SIGKILL"));
    // Nothing was awaited since the start, so knap is hardly ever killed before it has recorded the process.
    try {
      this.#hooks.onStarted(this);
    } catch (error) {
      this.kill("SIGKILL");
      throw error;
    }
  }

  #onClosed(code: number | null, signal: NodeJS.Signals | null, early: boolean): void {
    const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
    if (early && exitCode !== 0 && !this.#killed && this.assignsPort && PORT_TAKEN.test(this.log.lastText(40))) {
      this.#spawn(false).catch((failure: Error) => this.#settle(1, failure.message));
      return;
    }
    this.#settle(exitCode, undefined);
  }

  #settle(exitCode: number, error: string | undefined): void {
    if (this.status === "exited") return;
    this.status = "exited";
    this.exitCode = exitCode;
    this.error = error;
    this.finishedAt = this.#hooks.now();
    this.log.end();
    for (const pid of this.commands) killGroup(pid, "SIGKILL");
    this.#hooks.onExited(this);
    this.#finish(exitCode);
  }
}

function environment(spec: ContainerSpec, session: string): Record<string, string> {
  const inherited = Object.entries(process.env).filter(([name, value]) => INHERITED.test(name) && value !== undefined);
  return {
    ...(Object.fromEntries(inherited) as Record<string, string>),
    ...(spec.hostname && { HOSTNAME: spec.hostname }),
    ...Object.fromEntries(spec.env),
    KNAP_SESSION: session,
    KNAP_POD: spec.labels["knap.dev/pod"] ?? spec.name,
  };
}

export function spawnError(failure: Error, file: string, folder: string): RuntimeError {
  const { code } = failure as NodeJS.ErrnoException;
  const why =
    code === "ENOENT"
      ? "not found (or the folder is not there)"
      : code === "EACCES"
        ? "not executable"
        : failure.message;
  return new RuntimeError("invalid", `cannot start "${file}" in ${folder}: ${why}`, { cause: failure });
}
