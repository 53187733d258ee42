// Runs a program of this project with its output shown; the scripts' only way to start one.
import { spawn } from "node:child_process";

/**
 * Starts `command` and resolves with its exit code (128 + signal number is not needed here: a signal counts as 1).
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
