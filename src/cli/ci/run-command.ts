// Runs CMD of `ci` with the terminal's own streams and tells its exit code, as a shell would.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CliError } from "../cli-error.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import type { Interrupts } from "../interrupts.ts";
import type { Environment } from "../terminal.ts";

export async function runCommand(
  [command = "", ...args]: readonly string[],
  options: { readonly env: Environment; readonly cwd: string; readonly interrupts: Interrupts },
): Promise<ExitCode> {
  const child = spawn(command, args, { stdio: "inherit", env: options.env as NodeJS.ProcessEnv, cwd: options.cwd });
  // A terminal's Ctrl-C reaches the child by itself; SIGTERM from a CI runner reaches only us.
  const pass = (): void => void child.kill("SIGTERM");
  const kill = (): void => void child.kill("SIGKILL");
  options.interrupts.first.addEventListener("abort", pass, { once: true });
  options.interrupts.second.addEventListener("abort", kill, { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "ENOENT" ? "there is no such program in PATH" : error.message;
      reject(new CliError({ exitCode: exitCodes.usage, what: `"${command}" cannot be run`, why }));
    });
    child.once("close", (code, signal) => {
      options.interrupts.first.removeEventListener("abort", pass);
      options.interrupts.second.removeEventListener("abort", kill);
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
