// Runs one command with the streams of a client.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type ClientStreams, copyTo } from "../client-streams.ts";
import { RuntimeError } from "../runtime.ts";
import { spawnError } from "./child-process.ts";
import { killGroup } from "./process-records.ts";

export interface AttachedCommandOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Called when the command runs. The result is disposed when it has ended. */
  onStarted(pid: number): Disposable;
}

/** Kills the command's process group when the client is gone. Rejects with code `invalid` if it cannot be started. */
export async function runAttached(
  command: readonly string[],
  { cwd, env, onStarted }: AttachedCommandOptions,
  { stdin, stdout, stderr, terminal, signal }: ClientStreams,
): Promise<{ readonly exitCode: number }> {
  if (terminal) throw new RuntimeError("invalid", "a process has no terminal: leave out -t, or use Docker");
  const [file = "", ...args] = command;
  const child = spawn(file, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  const { pid } = child;
  if (pid === undefined) {
    const [failure] = (await once(child, "error")) as [Error];
    throw spawnError(failure, file, cwd);
  }
  const closed = new Promise<number>((resolve) => {
    child.on("error", () => {}).once("close", (code) => resolve(code ?? KILLED));
  });
  const started = onStarted(pid);
  const kill = (): void => void killGroup(pid, "SIGKILL");
  if (signal.aborted) kill();
  signal.addEventListener("abort", kill, { once: true });
  child.stdin.on("error", () => {});
  if (stdin) stdin.pipe(child.stdin);
  else child.stdin.end();
  await Promise.all([copyTo(stdout, child.stdout), copyTo(stderr, child.stderr)]);
  const exitCode = await closed;
  signal.removeEventListener("abort", kill);
  started[Symbol.dispose]();
  return { exitCode };
}

/** The exit code of a process that SIGKILL ended. */
const KILLED = 137;
