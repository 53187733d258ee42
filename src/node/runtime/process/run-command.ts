// Runs one command and collects its output, as exec of the process runtime.
import { spawn } from "node:child_process";
import { LimitedOutput } from "../limited-output.ts";
import { RuntimeError } from "../runtime.ts";
import { killGroup } from "./process-records.ts";

export interface CommandOptions {
  readonly cwd: string;
  /** The environment. `more` is added to it. */
  readonly base: Readonly<Record<string, string>>;
  readonly more?: readonly (readonly [string, string])[] | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * Resolves with the exit code and the first 10 KiB of both streams. A missing command gives exit code 127, as in a
 * shell. Rejects with code `failed` after the timeout.
 */
export function runCommand(
  command: readonly string[],
  options: CommandOptions,
): Promise<{ exitCode: number; output: string }> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...options.base, ...Object.fromEntries(options.more ?? []) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const output = new LimitedOutput();
    let expired = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            expired = true;
            if (child.pid !== undefined) killGroup(child.pid, "SIGKILL");
          }, options.timeoutMs);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("error", () => {}).on("data", (chunk: Buffer) => output.add(chunk));
    }
    child.on("error", (failure) => {
      clearTimeout(timer);
      resolve({ exitCode: 127, output: failure.message });
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      if (expired) {
        const text = `command "${command.join(" ")}" timed out after ${options.timeoutMs} ms`;
        reject(new RuntimeError("failed", text));
      } else {
        resolve({ exitCode: code ?? 137, output: output.text() });
      }
    });
  });
}
