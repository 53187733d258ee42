// The random id of this host. Containers carry it as a label, so that knap never cleans up what another host's knap started on a shared engine.
import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noRoomAt } from "../cli-error.ts";
import type { Environment } from "../terminal.ts";
import { stateFolder } from "./session-paths.ts";

/** `KNAP_HOST_ID` (for knap in a container, whose disk is new each time), else the stored id, made on first use. */
export async function readHostId(env: Environment): Promise<string> {
  const given = env["KNAP_HOST_ID"]?.trim();
  if (given) return given;
  const folder = stateFolder(env);
  const path = join(folder, "host-id");
  const stored = await readFile(path, "utf8").catch(() => "");
  if (stored.trim()) return stored.trim();
  const made = randomBytes(6).toString("hex");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const content = `${made}\n`;
  try {
    await writeFile(path, content, { mode: 0o600, flag: "wx" });
  } catch {
    // Another start was faster: its id is the host's. If the file says nothing, its disk was full.
    const theirs = (await readFile(path, "utf8")).trim();
    if (theirs) return theirs;
    await writeFile(path, content, { mode: 0o600 }).catch((error: unknown) => {
      throw noRoomAt(folder, error);
    });
  }
  return made;
}
