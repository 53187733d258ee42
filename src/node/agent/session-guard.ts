// Starts the guard of a session: a process that removes what the session leaves if knap is killed. Until then it is a
// shell that waits, so it needs less than 2 MB.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The input of the shell is a pipe from knap. A line on it means that the session has ended in order. If knap is
 * killed, the pipe closes without a line, and the shell becomes the guard's program.
 */
const WAIT = 'read -r line || exec "$@"';
/** Paths of the built program relative to dist/, dist/chunks/ and this source file. */
const PROGRAM_PATHS = ["./guard.js", "../guard.js", "../../../dist/guard.js"];

export interface SessionGuard {
  /** Ends the guard. Call it when the session has removed everything. */
  release(): void;
}

/**
 * `folder`: the session's folder. There is no guard on Windows, and none for knap as the first process of a container,
 * because the guard would end with it.
 */
export function startGuard(session: string, folder: string): SessionGuard {
  const paths = PROGRAM_PATHS.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const program = paths.find((path) => existsSync(path));
  if (program === undefined || process.platform === "win32" || process.pid === 1) return { release: () => {} };
  const args = ["-c", WAIT, "knap-guard", process.execPath, program, session, folder];
  // In a process group of its own, because signals of the terminal go to knap's group.
  const guard = spawn("/bin/sh", args, { cwd: "/", stdio: ["pipe", "ignore", "ignore"], detached: true });
  guard.on("error", () => {});
  guard.stdin.on("error", () => {});
  guard.unref();
  return { release: () => guard.stdin.end("ended\n") };
}
