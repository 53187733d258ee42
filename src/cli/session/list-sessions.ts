// Lists the sessions of this user on this host, running and dead, from their folders and sockets.
import { readdir } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import { isPrivateFolder, readPrivateFile } from "../../base/private-files.ts";
import { isProcessLive } from "../../node/runtime/process/process-identity.ts";
import type { Environment } from "../terminal.ts";
import { sessionsFolder } from "./session-paths.ts";

export interface FoundSession {
  readonly id: string;
  readonly path: string;
  readonly live: boolean;
  /** undefined while the session starts, and if session.json is damaged. */
  readonly record?: SessionRecord | undefined;
}

/** Names that `openSessionFolder` creates. The sessions folder may contain other folders too. */
const SESSION_NAME = /^[0-9a-f]{8}$/;

/** Resolves with the sessions, sorted by id. Ignores folders and records of other users. */
export async function listSessions(env: Environment): Promise<readonly FoundSession[]> {
  const { path: folder } = sessionsFolder(env);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = entries
    .filter(({ name }) => SESSION_NAME.test(name) && isPrivateFolder(join(folder, name)))
    .map(async ({ name }): Promise<FoundSession> => {
      const path = join(folder, name);
      const record = parseSessionRecord(readPrivateFile(join(path, "session.json")) ?? "");
      return { id: name, path, live: await isFolderLive(path), record };
    });
  return (await Promise.all(found)).sort((a, b) => (a.id < b.id ? -1 : 1));
}

export interface SessionRecord {
  readonly id: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
  /** `https://127.0.0.1:41001` */
  readonly api: string;
  /** `http://localhost:8080` */
  readonly ingress: string;
  /** The folder that the session was started in. */
  readonly workingFolder: string;
  readonly command: string;
  readonly runtime: string;
  readonly version: string;
}

const texts = ["id", "startedAt", "api", "ingress", "workingFolder", "command", "runtime", "version"] as const;

/** Reads session.json; undefined if it is incomplete or of another version. */
export function parseSessionRecord(text: string): SessionRecord | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || typeof value["pid"] !== "number") return undefined;
  return texts.every((name) => typeof value[name] === "string") ? (value as unknown as SessionRecord) : undefined;
}

/** Name of the file in a session's folder with the certificate of the API's authority. Absent if the API is http. */
export const AUTHORITY_FILE = "api-authority.pem";

/** Name of the file in a session's folder with the identity of its process. */
export const PROCESS_FILE = "process";

/**
 * Resolves to true if a session is alive: its socket accepts connections or, if the socket was removed, its process
 * runs.
 */
export async function isFolderLive(path: string): Promise<boolean> {
  if (!isPrivateFolder(path)) return false;
  if (await isAlive(join(path, ALIVE_SOCKET))) return true;
  return (await isProcessLive(readPrivateFile(join(path, PROCESS_FILE)) ?? "")) === true;
}

/** Name of the socket in a session's folder. The session accepts connections on it until its process ends. */
export const ALIVE_SOCKET = "alive.sock";

/** Listens on `path` until disposed of. The socket carries no data. */
export async function openAliveSocket(path: string): Promise<AsyncDisposable> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.unref();
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** Resolves to true if a process accepts connections on `path`. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const answer = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once("connect", () => answer(true));
    socket.once("error", () => answer(false));
    socket.setTimeout(1000, () => answer(false));
  });
}
