// All sessions of this user on this host, living and dead, read from their folders.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../terminal.ts";
import { ALIVE_SOCKET, isAlive } from "./alive-socket.ts";
import { sessionsFolder } from "./session-paths.ts";
import { parseSessionRecord, type SessionRecord } from "./session-record.ts";

export interface FoundSession {
  readonly id: string;
  readonly path: string;
  readonly live: boolean;
  /** Absent while a session is starting, or when its file is broken. */
  readonly record?: SessionRecord;
}

/** As `openSessionFolder` names them. Where state is kept in the same place, other folders stand beside them. */
const SESSION_NAME = /^[0-9a-f]{8}$/;

export async function listSessions(env: Environment): Promise<readonly FoundSession[]> {
  const folder = sessionsFolder(env);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = entries
    .filter((entry) => entry.isDirectory() && SESSION_NAME.test(entry.name))
    .map(async ({ name }): Promise<FoundSession> => {
      const path = join(folder, name);
      const text = await readFile(join(path, "session.json"), "utf8").catch(() => "");
      const record = parseSessionRecord(text);
      return { id: name, path, live: await isAlive(join(path, ALIVE_SOCKET)), ...(record && { record }) };
    });
  return (await Promise.all(found)).sort((a, b) => (a.id < b.id ? -1 : 1));
}
