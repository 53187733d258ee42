// The folder of a session: created before the emulator starts, filled when its addresses are known, removed at the end.
import { randomBytes } from "node:crypto";
import { chmod, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { kubeconfigServer } from "../../client/kubeconfig-server.ts";
import type { Environment } from "../terminal.ts";
import { ALIVE_SOCKET, openAliveSocket, type SessionRecord } from "./list-sessions.ts";
import { sessionsFolder } from "./session-paths.ts";

export interface SessionFolder {
  readonly id: string;
  readonly path: string;
  readonly kubeconfig: string;
  /** Writes session.json, token and kubeconfig, so that other commands find the session. */
  publish(record: Omit<SessionRecord, "id">, api: { address: string; token: string }, namespace: string): Promise<void>;
  remove(): Promise<void>;
}

/** Creates the folder (mode 0700) and opens its alive.sock. */
export async function openSessionFolder(env: Environment): Promise<SessionFolder> {
  const id = randomBytes(4).toString("hex");
  const sessions = sessionsFolder(env);
  await mkdir(sessions, { recursive: true, mode: 0o700 });
  const path = join(sessions, id);
  const alive = await createAlive(join(sessions, `.${id}`), path);
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

/**
 * Creates the folder under a hidden name until its socket is open: another start would remove it as a dead session's.
 */
async function createAlive(hidden: string, path: string): Promise<AsyncDisposable> {
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

/** The kubeconfig of a session, as JSON, which is YAML too. It never touches ~/.kube/config. */
function makeKubeconfig(api: { readonly address: string; readonly token: string }, namespace: string): string {
  const name = "knap";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    // Some client libraries refuse http without this flag.
    clusters: [{ name, cluster: { server: kubeconfigServer(api), "insecure-skip-tls-verify": true } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
