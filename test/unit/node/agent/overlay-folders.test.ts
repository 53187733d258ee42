// Tests where the copies of synced files are kept, and that those of dead sessions are removed.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { overlayFolderOf, sweepOverlayFolders } from "../../../../src/node/agent/overlay-folders.ts";
import { processIdentity } from "../../../../src/node/runtime/process/process-identity.ts";

const sessionFolder = "/run/knap/0123abcd";

test("without a state folder, the copies are in the session's folder", async () => {
  const processId = await processIdentity();
  expect(overlayFolderOf({ sessionId: "0123abcd", sessionFolder, processId })).toBe(`${sessionFolder}/overlays`);
});

test("the folders of sessions that have ended are removed; those of live ones and of other machines stay", async () => {
  const stateFolder = mkdtempSync(join(tmpdir(), "knap-state-"));
  onTestFinished(() => rmSync(stateFolder, { recursive: true }));
  await sweepOverlayFolders(stateFolder);
  const own = await processIdentity();
  const [pid, startTime, boot, namespace] = own.split("/");
  const identities = {
    "0000000a": own,
    "0000000b": [pid, `${startTime}1`, boot, namespace].join("/"),
    "0000000c": [pid, startTime, "earlier-boot", namespace].join("/"),
    // A container with a pid namespace of its own.
    "0000000d": [pid, startTime, boot, "pid:[1]"].join("/"),
  };
  const folders = Object.entries(identities).map(([sessionId, processId]) =>
    overlayFolderOf({ sessionId, sessionFolder, stateFolder, processId }),
  );
  for (const folder of [...folders, join(stateFolder, "overlays", "other-host", basename(folders[2] as string))]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "1"), "");
  }
  const folder = dirname(folders[0] as string);
  mkdirSync(join(folder, "0000000e@%FF"));
  await sweepOverlayFolders(stateFolder);
  expect(readdirSync(folder).map((name) => name.slice(0, 8))).toEqual(["0000000a", "0000000d", "0000000e"]);
  expect(readdirSync(join(stateFolder, "overlays", "other-host")).length).toBe(1);
});
