// Runs one command and collects its output: exec for the process runtime.
import { spawn } from "node:child_process";
import { RuntimeError } from "../runtime.ts";
import { killGroup } from "./process-records.ts";

export interface CommandOptions {
  readonly cwd: string;
  /** The environment, to which `more` is added. */
  readonly base: Readonly<Record<string, string>>;
  readonly more?: readonly (readonly [string, string])[] | undefined;
  readonly timeoutMs?: number | undefined;
}

/**
 * Exit code and output of both streams. A missing command has exit code 127, as in a shell. Throws `failed` after the
 * timeout.
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
    let output = "";
    let expired = false;
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            expired = true;
            if (child.pid !== undefined) killGroup(child.pid, "SIGKILL");
          }, options.timeoutMs);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
    });
    child.once("error", (failure) => {
      clearTimeout(timer);
      resolve({ exitCode: 127, output: failure.message });
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      if (expired) {
        const text = `command "${command.join(" ")}" timed out after ${options.timeoutMs} ms`;
        reject(new RuntimeError("failed", text));
      } else {
        resolve({ exitCode: code ?? 137, output });
      }
    });
  });
}
