// Tests requests of watch mode with instances that the test controls.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { silentLogger } from "../../../../src/base/logger.ts";
import type { SyncedFile, SyncFiles, SyncRequest } from "../../../../src/node/agent/file-sync.ts";
import { Overlays } from "../../../../src/node/agent/overlays.ts";
import { type FileSync, makeFileSync } from "../../../../src/node/agent/sync-files.ts";
import type { FileChange } from "../../../../src/node/kubelet/overlay-port.ts";
import type { RestartOutcome } from "../../../../src/node/kubelet/pod/pod-instance.ts";
import { RuntimeError } from "../../../../src/node/runtime/runtime.ts";
import { makeStore } from "../../../support/store.ts";

const labels = { "serving.knative.dev/service": "hello", "serving.knative.dev/revision": "r1" };
const containers = [{ name: "web", image: "img:1" }];

class FakeInstance {
  readonly pod = { metadata: { namespace: "default", name: "p", labels } };
  isStopping = false;
  needsRestart = false;
  condition: RestartOutcome = "served";
  startedAt = 0;
  replaced = 0;
  readonly changes: FileChange[] = [];
  /** The test may delay or refuse a change. */
  onPlace: () => Promise<void> = async () => {};

  async place(change: FileChange, { isWanted }: { readonly isWanted: boolean }) {
    this.changes.push(change);
    await this.onPlace();
    this.needsRestart ||= isWanted;
    return { state: "placed" };
  }

  replace(): void {
    this.replaced++;
    this.needsRestart = true;
  }

  async exec(command: readonly string[]) {
    if (command[0] === "forever") return new Promise<never>(() => {});
    return command[0] === "true" ? { exitCode: 0, output: "" } : { exitCode: 2, output: " why \n" };
  }

  async restart(): Promise<RestartOutcome> {
    this.needsRestart = false;
    return this.condition;
  }
}

let folder: string;
let instance: FakeInstance;
let overlays: Overlays;
let syncFiles: SyncFiles;
let discard: FileSync["discard"];
let dropped = 0;
let hasDebugger = false;
const held = new Set<{ restart(isWanted: boolean): Promise<unknown> }>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knap-sync-"));
  const store = makeStore();
  store.create({
    apiVersion: "serving.knative.dev/v1",
    kind: "Service",
    metadata: { name: "hello", namespace: "default" },
    spec: { template: { spec: { containers } } },
  } as never);
  const metadata = { name: "r1", namespace: "default", labels };
  store.create({ apiVersion: "serving.knative.dev/v1", kind: "Revision", metadata, spec: { containers } } as never);
  instance = new FakeInstance();
  overlays = new Overlays({ store, folder: join(folder, "copies"), log: silentLogger });
  ({ syncFiles, discard } = makeFileSync({
    store,
    overlays,
    kubelet: { instances: [instance], dropFrozenPods: () => void dropped++ } as never,
    runtime: { capabilities: { archives: true } } as never,
    clock: { now: () => 0 },
    holdRestarts: (_, sync) => {
      if (hasDebugger) held.add(sync);
      return hasDebugger;
    },
  }));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (target: string, text = target): SyncedFile => {
  const source = join(folder, target.replaceAll("/", "_"));
  writeFileSync(source, text);
  return { target, source };
};
const request = (files: readonly SyncedFile[], more: Partial<SyncRequest> = {}): SyncRequest => ({
  service: "default/hello",
  files,
  signal: new AbortController().signal,
  ...more,
});
const later = () => [...overlays.of({ service: "default/hello", image: "img:1" }).entries.keys()];

test("if an instance refuses the files, the outcome says why, and later instances start without them", async () => {
  expect(await syncFiles(request([file("/a")]))).toMatchObject({ ok: true, instances: 1, dirty: 1 });
  instance.onPlace = () => Promise.reject(new RuntimeError("unreachable", "the engine does not answer"));
  expect(await syncFiles(request([file("/b")]))).toEqual({ ok: false, message: "the engine does not answer" });
  expect(later()).toEqual(["/a"]);
  instance.onPlace = async () => {};
  expect(await syncFiles(request([file("/c")]))).toMatchObject({ ok: true, dirty: 2 });
  expect(later()).toEqual(["/a", "/c"]);
});

test("an instance that stops does not refuse the files and does not count", async () => {
  instance.isStopping = true;
  instance.onPlace = () => Promise.reject(new RuntimeError("not-found", "no such container"));
  expect(await syncFiles(request([file("/a")]))).toMatchObject({ ok: true, instances: 0, dirty: 1 });
});

test("requests that come while files are placed become one batch, in their order", async () => {
  let release = (): void => {};
  instance.onPlace = () => new Promise((resolve) => (release = resolve));
  const first = syncFiles(request([file("/a")]));
  while (instance.changes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const others = [
    syncFiles(request([file("/d/x")])),
    syncFiles(request([file("/b"), { target: "/d", source: undefined }], { restart: true })),
    syncFiles(request([file("/e")])),
  ];
  instance.onPlace = async () => {};
  release();
  expect(await Promise.all([first, ...others])).toMatchObject(Array(4).fill({ ok: true, problems: [] }));
  expect(instance.changes.map(({ deleted }) => deleted)).toEqual([[], ["/d"]]);
  expect(later()).toEqual(["/a", "/b", "/e"]);
  expect(instance.needsRestart).toBe(false);
});

test("an aborted request places its files, and a newer request carries out its restart", async () => {
  const abort = new AbortController();
  let release = (): void => {};
  instance.onPlace = () => new Promise((resolve) => (release = resolve));
  const first = syncFiles(request([file("/a")], { restart: true, signal: abort.signal }));
  while (instance.changes.length === 0) await new Promise((resolve) => setImmediate(resolve));
  abort.abort(new Error("newer"));
  release();
  await expect(first).rejects.toThrow("newer");
  expect(instance.needsRestart).toBe(true);
  instance.onPlace = async () => {};
  expect(await syncFiles(request([file("/b")]))).toMatchObject({ ok: true, dirty: 2 });
  expect(instance.needsRestart).toBe(false);
});

test("a restart that a debugger holds is left to later, and the request does not wait", async () => {
  hasDebugger = true;
  expect(await syncFiles(request([file("/a")], { restart: true }))).toMatchObject({ ok: true, isHeld: true, dirty: 1 });
  expect(await syncFiles(request([file("/b")]))).toMatchObject({ ok: true, isHeld: true, dirty: 2 });
  expect(instance.needsRestart).toBe(true);
  hasDebugger = false;
  expect(held.size).toBe(1);
  for (const sync of held) await sync.restart(false);
  expect(instance.needsRestart).toBe(false);
  expect(await syncFiles(request([file("/c")]))).toMatchObject({ ok: true, isHeld: false });
});

test("failed commands and failed restarts are problems of an outcome that is ok", async () => {
  instance.condition = { failed: "exits with code 1" };
  const commands = [{ command: ["true"] }, { command: ["make", "it"] }];
  const outcome = await syncFiles(request([], { commands, restart: true }));
  expect(outcome.ok ? outcome.problems : []).toEqual([
    'command "make it" in default/p exits with code 2: why',
    "default/p: exits with code 1",
  ]);
  expect(outcome).toMatchObject({ times: { archivedMs: 0 } });
  expect(outcome).not.toHaveProperty("times.servedMs");
  instance.condition = "served";
  expect(await syncFiles(request([], { commands, restart: true }))).toMatchObject({ times: { servedMs: 0 } });
});

test("an instance that had failed, and starts again with the files, counts", async () => {
  instance.place = async () => {
    instance.needsRestart = true;
    return { state: "absent" };
  };
  expect(await syncFiles(request([file("/a")]))).toMatchObject({ ok: true, instances: 1 });
  instance.place = async () => ({ state: "absent" });
  expect(await syncFiles(request([file("/a")]))).toMatchObject({ ok: true, instances: 0 });
});

test("changed files and restarts drop the frozen pods, whose processes have old files, and commands do not", async () => {
  dropped = 0;
  await syncFiles(request([file("/a")]));
  expect(dropped).toBe(1);
  await syncFiles(request([], { restart: true }));
  expect(dropped).toBe(2);
  await syncFiles(request([], { commands: [{ command: ["true"] }] }));
  expect(dropped).toBe(2);
});

test("commands of requests do not overlap, and those of an aborted request that have not begun are skipped", async () => {
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  instance.exec = async ([name = ""]) => {
    begun.push(name);
    await new Promise<void>((resolve) => ends.push(resolve));
    return { exitCode: 0, output: "" };
  };
  const run = (signal: AbortSignal, ...names: string[]) =>
    syncFiles(request([], { signal, commands: names.map((name) => ({ command: [name] })) }));
  const turns = () => new Promise((resolve) => setTimeout(resolve, 5));
  const aborts = [new AbortController(), new AbortController()] as const;
  const aborted = [run(aborts[0].signal, "one", "two"), run(aborts[1].signal, "three")];
  await turns();
  for (const abort of aborts) abort.abort(new Error("newer"));
  expect(await Promise.allSettled(aborted)).toMatchObject(Array(2).fill({ status: "rejected" }));
  const last = run(new AbortController().signal, "four");
  await turns();
  expect(begun).toEqual(["one"]);
  ends[0]?.();
  await turns();
  expect(begun).toEqual(["one", "four"]);
  ends[1]?.();
  expect(await last).toMatchObject({ ok: true, problems: [] });
});

test("a build that gives the image again removes its synced files, also from running instances, but not later ones", async () => {
  const scope = { service: "default/hello", image: "img:1" };
  await discard(scope);
  expect(instance.replaced).toBe(0);
  await syncFiles(request([file("/a")]));
  let release = (): void => {};
  instance.onPlace = () => new Promise((resolve) => (release = resolve));
  const placing = syncFiles(request([file("/b")]));
  while (instance.changes.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const waiting = syncFiles(request([file("/c")]));
  instance.onPlace = async () => {};
  const discarded = discard(scope);
  const newer = syncFiles(request([file("/d")]));
  release();
  expect(await Promise.all([placing, waiting, newer])).toMatchObject(Array(3).fill({ ok: true }));
  await discarded;
  expect(later()).toEqual(["/d"]);
  expect([instance.replaced, instance.needsRestart]).toEqual([1, false]);
});

test("a command that does not end is reported after 5 minutes, and no longer delays those of later saves", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const first = syncFiles(request([], { commands: [{ command: ["forever"] }] }));
  const later = syncFiles(request([], { commands: [{ command: ["true"] }] }));
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  await vi.advanceTimersByTimeAsync(299_999);
  expect(await Promise.race([later, "waits"])).toBe("waits");
  await vi.advanceTimersByTimeAsync(1);
  expect(await first).toMatchObject({
    problems: [
      'command "forever" in default/p has not ended after 5 minutes; commands of later saves do not wait for it',
    ],
  });
  expect(await later).toMatchObject({ ok: true, problems: [] });
});

test("more than 256 MiB of synced files are refused, in one file or together with earlier ones", async () => {
  const tooLarge = { ok: false, message: "the synced files are larger than 256 MiB" };
  const large = file("/large");
  // A sparse file, which is refused before it is copied.
  truncateSync(large.source as string, 257 * 2 ** 20);
  expect(await syncFiles(request([large]))).toEqual(tooLarge);
  const earlier = { kind: "file", copy: "", bytes: 256 * 2 ** 20, mode: 0o644, mtimeMs: 0 } as const;
  overlays.of({ service: "default/hello", image: "img:1" }).set(new Map([["/earlier", earlier]]));
  expect(await syncFiles(request([file("/small")]))).toEqual(tooLarge);
  expect([later(), instance.changes]).toEqual([["/earlier"], []]);
});
