// Tests which Revisions are marked as dirty, and which pods get the files of an overlay.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { StoredPod } from "../../../../src/apis/core/pod.ts";
import { silentLogger } from "../../../../src/base/logger.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { withChanges } from "../../../../src/node/agent/overlay-plan.ts";
import { type OverlayScope, Overlays } from "../../../../src/node/agent/overlays.ts";
import { eventually } from "../../../support/eventually.ts";
import { makeStore } from "../../../support/store.ts";

let folder: string;
let store: ObjectStore;
let overlays: Overlays;
const scope: OverlayScope = { service: "default/hello", image: "img:1" };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "knap-overlays-"));
  store = makeStore();
  overlays = new Overlays({ store, folder: join(folder, "copies"), log: silentLogger });
});
afterEach(() => rmSync(folder, { recursive: true }));

const createRevision = (name: string, image = "img:1"): void => {
  store.create({
    apiVersion: "serving.knative.dev/v1",
    kind: "Revision",
    metadata: { name, namespace: "default", labels: { "serving.knative.dev/service": "hello" } },
    spec: { containers: [{ name: "web", image }] },
  } as never);
};
const dirtyOf = (name: string): string | undefined =>
  store.get("Revision.serving.knative.dev", "default", name)?.metadata.annotations?.["knap.dev/dirty"];
const podOf = (revision: string) =>
  ({
    metadata: { namespace: "default", labels: { "serving.knative.dev/revision": revision } },
  }) as unknown as StoredPod;
const change = async (target: string, text: string | null): Promise<void> => {
  const source = join(folder, "source");
  if (text !== null) writeFileSync(source, text);
  const overlay = overlays.of(scope);
  const before = overlay.entries;
  const read = await overlay.read([{ target, source: text === null ? undefined : source }]);
  if (!read.ok) throw new Error(read.error);
  overlay.set(withChanges(before, read.value));
  overlay.prune(before);
  overlays.markAll(scope);
};

test("all Revisions with the image are marked, also later ones, until no file is left", async () => {
  createRevision("r1");
  createRevision("other", "img:2");
  await change("/a", "1");
  await change("/b", "2");
  createRevision("r2");
  expect(["r1", "r2", "other"].map(dirtyOf)).toEqual(["2", "2", undefined]);
  await change("/a", null);
  expect(["r1", "r2"].map(dirtyOf)).toEqual(["1", "1"]);
  await change("/b", null);
  expect(["r1", "r2"].map(dirtyOf)).toEqual([undefined, undefined]);
});

test("pods of these Revisions get the files, and other pods do not", async () => {
  createRevision("r1");
  createRevision("other", "img:2");
  expect(overlays.archiveFor(podOf("r1"))).toBeUndefined();
  await change("/a", "1");
  const parts: Buffer[] = [];
  const archive = await overlays.archiveFor(podOf("r1"))?.({ user: "7:8", read: async () => "" });
  for await (const part of archive ?? []) parts.push(part as Buffer);
  expect(Buffer.concat(parts).subarray(0, 1).toString()).toBe("a");
  expect(overlays.archiveFor(podOf("other"))).toBeUndefined();
  expect(overlays.archiveFor(podOf("absent"))).toBeUndefined();
});

test("pods that start together share one archive in memory", async () => {
  createRevision("r1");
  await change("/a", "1");
  const archiveFor = (user: string) => overlays.archiveFor(podOf("r1"))?.({ user, read: async () => "" });
  const first = await archiveFor("7:8");
  rmSync(join(folder, "copies"), { recursive: true });
  const bytes = async (archive: Readable | undefined) => (await buffer(archive as Readable)).length;
  expect(await bytes(await archiveFor("7:8"))).toBeGreaterThan(512);
  await expect(archiveFor("9:9")).rejects.toThrow("cannot be read");
  expect(await bytes(first)).toBeGreaterThan(512);
});

test("an image that the Service gets again starts without the files that were synced in the past", async () => {
  const service = (image: string) =>
    ({
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata: { name: "hello", namespace: "default" },
      spec: { template: { spec: { containers: [{ name: "web", image }] } } },
    }) as never;
  store.create(service("img:1"));
  createRevision("r1");
  await change("/a", "1");
  store.update(service("img:2"));
  expect(dirtyOf("r1")).toBe("1");
  store.update(service("img:1"));
  expect(dirtyOf("r1")).toBeUndefined();
  expect(overlays.archiveFor(podOf("r1"))).toBeUndefined();
});

test("copies that are no longer needed are removed, all of them when the last Revision with the image is gone", async () => {
  createRevision("r1");
  await change("/a", "1");
  await change("/a", "2");
  const copies = join(folder, "copies", "1");
  await eventually(() => expect(readdirSync(copies)).toHaveLength(1));
  store.delete({ kind: "Revision.serving.knative.dev", namespace: "default", name: "r1" });
  await eventually(() => expect(existsSync(copies)).toBe(false));
  expect(overlays.of(scope).dirty).toBe(0);
});
