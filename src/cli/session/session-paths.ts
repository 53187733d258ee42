// Where sessions and this host's identity are kept on disk. Decides paths only; nothing here reads or writes.
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Environment } from "../terminal.ts";

/** The folder that holds one folder per session: private to the user, gone after a reboot. */
export function sessionsFolder(env: Environment): string {
  const runtime = env["XDG_RUNTIME_DIR"];
  return runtime ? join(runtime, "knap") : join(tmpdir(), `knap-${userInfo().uid}`);
}

/** The folder for what outlives sessions: the host id. */
export function stateFolder(env: Environment): string {
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "knap");
}
