// Names the folder for the copies of a session's synced files, and removes those of dead sessions. They are in the
// state folder, because the folder of a session is often in memory.
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { isOfOtherBoot, isProcessLive } from "../runtime/process/process-identity.ts";

export interface OverlaySession {
  readonly sessionId: string;
  readonly sessionFolder: string;
  /** undefined: the copies are in the session's folder. */
  readonly stateFolder?: string | undefined;
  /**
   * The identity of the session's process (`processIdentity`), by which other sessions see that this one is alive.
   * undefined: the copies are in the session's folder.
   */
  readonly processId?: string | undefined;
}

/** Returns the folder of one session. Its name has the identity of the process. */
export function overlayFolderOf({ sessionId, sessionFolder, stateFolder, processId }: OverlaySession): string {
  if (stateFolder === undefined || processId === undefined) return join(sessionFolder, "overlays");
  return join(hostFolder(stateFolder), `${sessionId}@${encodeURIComponent(processId)}`);
}

/** Removes the folders of this host's sessions whose process has ended. Rejects with the system's error. */
export async function sweepOverlayFolders(stateFolder: string): Promise<void> {
  const folder = hostFolder(stateFolder);
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  for (const name of names) {
    if (await hasEnded(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Several machines can have the same home folder, and do not see each other's processes. */
function hostFolder(stateFolder: string): string {
  return join(stateFolder, "overlays", encodeURIComponent(hostname()));
}

async function hasEnded(name: string): Promise<boolean> {
  const identity = decodeURIComponent(/^[^@]+@((?:[^%]|%[2-7][0-9A-F])+)$/.exec(name)?.[1] ?? "");
  const isLive = await isProcessLive(identity);
  return isLive === undefined ? isOfOtherBoot(identity) : !isLive;
}
