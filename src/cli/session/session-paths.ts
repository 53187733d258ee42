// Finds the folders for sessions and for permanent state, and the id of this host.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { whyNotOwn } from "../../base/private-files.ts";
import { CliError, diskFullError } from "../cli-error.ts";
import type { Environment } from "../terminal.ts";

export interface PrivateFolder {
  readonly path: string;
  /** Why another folder than the usual one is used; undefined for the usual one. */
  readonly notice: string | undefined;
}

/**
 * Returns the folder that holds one folder per session: private to the user, and deleted by a reboot. Returns another
 * folder if another user could own or replace the first. Throws a {@link CliError} if no folder is private.
 */
export function sessionsFolder(env: Environment): PrivateFolder {
  const runtime = env["XDG_RUNTIME_DIR"];
  const temporary = join(tmpdir(), `knap-${userInfo().uid}`);
  const candidates = [...(runtime ? [join(runtime, "knap")] : []), temporary, join(usualStateFolder(env), "sessions")];
  const reasons: string[] = [];
  for (const path of candidates) {
    const reason = whyNotOwn(path);
    if (reason !== undefined) reasons.push(reason);
    else if (reasons.length === 0) return { path, notice: undefined };
    else return { path, notice: `${reasons.join("; ")}; sessions are kept in ${path} instead` };
  }
  throw new CliError({
    code: "FILE_REFUSED",
    what: "there is no private folder for sessions",
    why: reasons.join("; "),
    fix: "set XDG_RUNTIME_DIR to a folder of your own with mode 0700",
  });
}

function usualStateFolder(env: Environment): string {
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "knap");
}

/**
 * Returns the folder for permanent state: the host id and the certificate authority. Returns a folder beside the
 * sessions, which a reboot may remove, if another user could own or replace the first.
 */
export function stateFolder(env: Environment): PrivateFolder {
  const usual = usualStateFolder(env);
  const reason = whyNotOwn(usual);
  if (reason === undefined) return { path: usual, notice: undefined };
  const path = join(sessionsFolder(env).path, "state");
  return { path, notice: `${reason}; host id and certificate authority are kept in ${path} instead` };
}

/**
 * `KNAP_HOST_ID`, else the stored id, which the first call creates. It is a label of containers: knap removes only
 * those of its own host.
 */
export async function readHostId(env: Environment): Promise<string> {
  const given = env["KNAP_HOST_ID"]?.trim();
  if (given) return given;
  const { path: folder } = stateFolder(env);
  const path = join(folder, "host-id");
  const stored = await readFile(path, "utf8").catch(() => "");
  if (stored.trim()) return stored.trim();
  const made = randomBytes(6).toString("hex");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // The folder may be older, with another mode.
  await chmod(folder, 0o700);
  const content = `${made}\n`;
  try {
    await writeFile(path, content, { mode: 0o600, flag: "wx" });
  } catch {
    // Another process wrote the file first, so its id counts. An empty file means that the disk was full.
    const theirs = (await readFile(path, "utf8")).trim();
    if (theirs) return theirs;
    await writeFile(path, content, { mode: 0o600 }).catch((error: unknown) => {
      throw diskFullError(folder, error);
    });
  }
  return made;
}
