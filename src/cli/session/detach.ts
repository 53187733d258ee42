// Starts `knap up` as a process in the background, and returns when its Services are Ready or it has failed.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import type { Environment, Terminal } from "../terminal.ts";
import { listSessions } from "./list-sessions.ts";
import { sessionsFolder } from "./session-paths.ts";

/** Set in the background process: the path of its log until the session has a folder. */
const LOG_VARIABLE = "KNAP_DETACHED_LOG";
/** Name of the log in the session's folder. */
const LOG_FILE = "session.log";

/** What the background process sends when every Service is Ready. */
interface ReadyMessage {
  readonly session: string;
  readonly url: string;
  readonly log: string;
}

/** Runs this command line again, as a {@link detachedProcess}. Its output goes to the session's log. */
export async function runDetached(terminal: Terminal, usesStdin: boolean): Promise<ExitCode> {
  const { env, interrupts, stderr } = terminal;
  const { path: folder } = sessionsFolder(env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `.log-${randomBytes(4).toString("hex")}`);
  await using log = await open(path, "wx+", 0o600);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    env: { ...env, [LOG_VARIABLE]: path } as NodeJS.ProcessEnv,
    stdio: [usesStdin ? "inherit" : "ignore", log.fd, log.fd, "ipc"],
  });
  interrupts.first.addEventListener("abort", () => void child.kill("SIGINT"), { once: true });
  interrupts.second.addEventListener("abort", () => void child.kill("SIGINT"), { once: true });
  const outcome = await new Promise<ReadyMessage | ExitCode>((resolve, reject) => {
    child.once("message", (message) => resolve(message as ReadyMessage));
    child.once("error", reject);
    child.once("exit", (code) => resolve((code ?? exitCodes.failed) as ExitCode));
  });
  if (typeof outcome === "number") {
    // The session has removed its folder, but the open file is still readable. Its offset is that of the writer.
    const text = Buffer.alloc((await log.stat()).size);
    await log.read(text, 0, text.length, 0);
    stderr.write(text);
    await rm(path, { force: true });
    return interrupts.first.aborted ? exitCodes.interrupted : outcome || exitCodes.failed;
  }
  child.disconnect();
  child.unref();
  terminal.print(outcome.session);
  const { session, url, log: place } = outcome;
  terminal.say(`serving at ${url} in the background; log: ${place}; \`knap down --session ${session}\` ends it`);
  const others = (await liveSessionsOf(terminal)).filter((id) => id !== session);
  if (others.length > 0)
    terminal.say(
      `this folder has other sessions too, so name one with --session or KNAP_SESSION: ${others.join(", ")}`,
    );
  return exitCodes.ok;
}

/** Returns the ids of the sessions that were started in the current folder. */
async function liveSessionsOf({ env, cwd }: Terminal): Promise<readonly string[]> {
  const found = await listSessions(env);
  return found.flatMap(({ id, live, record }) => (live && record?.workingFolder === cwd ? [id] : []));
}

export interface DetachedProcess {
  /** Moves the log to the session's folder. */
  keepLogIn(folder: string): Promise<void>;
  reportReady(session: { readonly id: string; readonly url: string; readonly path: string }): void;
}

/** Returns undefined if this process does not run in the background. */
export function detachedProcess(env: Environment): DetachedProcess | undefined {
  const path = env[LOG_VARIABLE];
  if (!path || process.send === undefined) return undefined;
  return {
    keepLogIn: (folder) => rename(path, join(folder, LOG_FILE)),
    reportReady: ({ id, url, path: folder }) => {
      const message: ReadyMessage = { session: id, url, log: join(folder, LOG_FILE) };
      // Without a listener of messages, the channel does not keep this process alive. The parent may be gone.
      process.send?.(message, undefined, undefined, () => {});
    },
  };
}
