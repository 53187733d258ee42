// Creates, fills and removes the folder of a session. Restores files that another program deletes meanwhile.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isPrivateFolder, readPrivateFile, whyNotOwn } from "../../base/private-files.ts";
import type { ApiAccess } from "../../client/client.ts";
import { makeKubeconfig } from "../../client/kubeconfig.ts";
import { ALIVE_SOCKET, AUTHORITY_FILE, openAliveSocket, PROCESS_FILE, type SessionRecord } from "./list-sessions.ts";

export interface SessionFolder {
  readonly id: string;
  readonly path: string;
  readonly kubeconfig: string;
  /** Writes session.json, token, authority and kubeconfig, so that other commands find the session. */
  publish(record: Omit<SessionRecord, "id">, api: ApiAccess, namespace: string): Promise<void>;
  remove(): Promise<void>;
}

/** How often the folder is checked for deleted files. */
const RESTORE_EVERY_MS = 1000;

/** Creates the folder (mode 0700) in `sessions` and opens its alive.sock. `processId`: the identity of this process. */
export async function openSessionFolder(sessions: string, processId: string): Promise<SessionFolder> {
  const id = randomBytes(4).toString("hex");
  await mkdir(sessions, { recursive: true, mode: 0o700 });
  // The folder may be older, with another mode.
  await chmod(sessions, 0o700);
  const path = join(sessions, id);
  /** File name → content of the files beside the socket. */
  const files = new Map([[PROCESS_FILE, `${processId}\n`]]);
  const records = new ProcessRecords(join(path, "processes"));
  let alive = await createAlive(join(sessions, `.${id}`), path, files);
  const write = (): Promise<void> => writeFiles(path, files);
  const restore = async (): Promise<void> => {
    const hasSocket = existsSync(join(path, ALIVE_SOCKET));
    const hasRecords = await records.remember();
    if (hasSocket && hasRecords && [...files.keys()].every((name) => existsSync(join(path, name)))) return;
    await mkdir(path, { recursive: true, mode: 0o700 });
    // Another user may have created the folder meanwhile. Then the token must not be written to it.
    if (whyNotOwn(sessions) !== undefined || !isPrivateFolder(path)) return;
    await write();
    if (!hasRecords) await records.write();
    if (hasSocket) return;
    // Closing a server removes its path, so the old one is closed first.
    await alive[Symbol.asyncDispose]();
    alive = await openAliveSocket(join(path, ALIVE_SOCKET));
  };
  let restoring: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    // After a failure, such as a full disk, the next call tries again.
    restoring = restoring.then(restore).catch(() => {});
  }, RESTORE_EVERY_MS);
  timer.unref();
  const kubeconfig = join(path, "kubeconfig");
  return {
    id,
    path,
    kubeconfig,
    async publish(record, api, namespace) {
      files.set("token", api.token);
      if (api.authority !== undefined) files.set(AUTHORITY_FILE, api.authority);
      files.set("kubeconfig", makeKubeconfig(api, namespace));
      files.set("session.json", `${JSON.stringify({ id, ...record }, undefined, 2)}\n`);
      await write();
    },
    async remove() {
      clearInterval(timer);
      await restoring;
      await alive[Symbol.asyncDispose]();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** The records of the session's processes, kept to be restored: after a crash they tell what to end. */
class ProcessRecords {
  readonly #folder: string;
  #contents: ReadonlyMap<string, string> = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Reads the records. Returns false if their folder is gone although there were records. */
  async remember(): Promise<boolean> {
    if (!isPrivateFolder(this.#folder)) return this.#contents.size === 0;
    const names = await readdir(this.#folder);
    this.#contents = new Map(names.map((name) => [name, readPrivateFile(join(this.#folder, name)) ?? ""]));
    return true;
  }

  async write(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFiles(this.#folder, this.#contents);
  }
}

async function writeFiles(path: string, files: ReadonlyMap<string, string>): Promise<void> {
  for (const [name, content] of files) await writeFile(join(path, name), content, { mode: 0o600 });
}

/** Creates the folder under a hidden name first: a folder without a socket counts as that of a dead session. */
async function createAlive(hidden: string, path: string, files: ReadonlyMap<string, string>): Promise<AsyncDisposable> {
  try {
    await mkdir(hidden, { mode: 0o700 });
    await chmod(hidden, 0o700);
    await writeFiles(hidden, files);
    const alive = await openAliveSocket(join(hidden, ALIVE_SOCKET));
    await rename(hidden, path);
    return alive;
  } catch (error) {
    await rm(hidden, { recursive: true, force: true });
    throw error;
  }
}
