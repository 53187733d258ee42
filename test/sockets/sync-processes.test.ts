// Restarts the processes of a Service when sources have changed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pod } from "../../src/apis/core/types.ts";
import type { SyncOutcome } from "../../src/node/agent/file-sync.ts";
import { Load } from "../support/load.ts";
import { openSession, type TestSession } from "../support/session.ts";
import { appSaying } from "../support/synced-files.ts";

let session: TestSession;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "knap-sources-"));
  save("first");
  const commands = { get: () => ({ command: [process.execPath, "app.mjs"], folder, env: {} }), has: () => true };
  session = await openSession("process", { commands: commands as never });
}, 60_000);
afterAll(async () => {
  await session[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
}, 60_000);

const save = (word: string): void => writeFileSync(join(folder, "app.mjs"), appSaying(word));
const restart = (files: { target: string; source: string }[] = []): Promise<SyncOutcome> =>
  session.emulator.syncFiles({ service: "default/p", files, restart: true, signal: new AbortController().signal });
const word = async (): Promise<string> => (await session.fetch("p")).text.split(" ")[0] ?? "";

test("a process restarts in its pod while requests are held, and none of them fails", async () => {
  const annotations = { "autoscaling.knative.dev/min-scale": "1", "autoscaling.knative.dev/max-scale": "1" };
  await session.deploy("p", { annotations });
  await session.ready("p");
  const [before] = (await session.pods("p")) as readonly Pod[];
  const requests = new Load({ port: session.emulator.ingress.port, service: "p", path: "/sleep?ms=20", pauseMs: 5 });
  requests.clients(4);
  await sleep(200);
  for (let round = 0; round < 5; round++) {
    save(`round${round}`);
    const outcome = await restart();
    expect(outcome).toMatchObject({ ok: true, instances: 1, dirty: 0, problems: [] });
    console.info("process restart", JSON.stringify(outcome));
    expect(await word()).toBe(`round${round}`);
  }
  expect(Object.fromEntries(await requests.stop())).toEqual({ 200: expect.any(Number) });
  const [after] = (await session.pods("p")) as readonly Pod[];
  expect(after?.metadata.uid).toBe(before?.metadata.uid);
  const status = after?.status?.containerStatuses?.find(({ name }) => name === "user-container");
  expect(status).toMatchObject({ restartCount: 5, ready: true });
});

test("files are refused, because a process uses the user's own", async () => {
  expect(await restart([{ target: "/app/x", source: join(folder, "app.mjs") }])).toEqual({
    ok: false,
    message: "processes have no files of their own",
  });
});
