// A session's folder: made before the emulator starts, filled once its addresses are known, removed at the end.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Environment } from "../terminal.ts";
import { ALIVE_SOCKET, openAliveSocket } from "./alive-socket.ts";
import { makeKubeconfig } from "./kubeconfig-file.ts";
import { sessionsFolder } from "./session-paths.ts";
import type { SessionRecord } from "./session-record.ts";

export interface SessionFolder {
  readonly id: string;
  readonly path: string;
  readonly kubeconfig: string;
  /** Writes session.json, token and kubeconfig: from now on other commands find the session. */
  publish(record: Omit<SessionRecord, "id">, api: { address: string; token: string }, namespace: string): Promise<void>;
  remove(): Promise<void>;
}

/** Makes a session's folder (0700) and lights its alive.sock. */
export async function openSessionFolder(env: Environment): Promise<SessionFolder> {
  const id = randomBytes(4).toString("hex");
  const sessions = sessionsFolder(env);
  await mkdir(sessions, { recursive: true, mode: 0o700 });
  const path = join(sessions, id);
  const alive = await light(join(sessions, `.${id}`), path);
  const kubeconfig = join(path, "kubeconfig");
  const secret = { mode: 0o600 };
  return {
    id,
    path,
    kubeconfig,
    async publish(record, api, namespace) {
      await writeFile(join(path, "token"), api.token, secret);
      await writeFile(kubeconfig, makeKubeconfig(api, namespace), secret);
      await writeFile(join(path, "session.json"), `${JSON.stringify({ id, ...record }, undefined, 2)}\n`, secret);
    },
    async remove() {
      await alive[Symbol.asyncDispose]();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Makes the folder, hidden until it shows a sign of life: another start would take it for a dead session's and remove it. */
async function light(hidden: string, path: string): Promise<AsyncDisposable> {
  try {
    await mkdir(hidden, { mode: 0o700 });
    await chmod(hidden, 0o700);
    const alive = await openAliveSocket(join(hidden, ALIVE_SOCKET));
    await rename(hidden, path);
    return alive;
  } catch (error) {
    await rm(hidden, { recursive: true, force: true });
    throw error;
  }
}
