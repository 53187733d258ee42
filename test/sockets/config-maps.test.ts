// The ConfigMaps of knative-serving that exist before the user makes any.
import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { ConfigMap } from "../../src/apis/core/types.ts";
import type { StringMap } from "../../src/apis/meta/object.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { monotonicClock } from "../../src/base/monotonic-clock.ts";
import { openStore } from "../../src/emulator/session-store.ts";
import { startApi } from "../support/api.ts";

const PATH = "/api/v1/namespaces/knative-serving/configmaps";
const open = (configMaps: ReadonlyMap<string, StringMap> = new Map()) =>
  openStore({
    clock: monotonicClock,
    random: { uid: randomUUID, suffix: () => "aaaaa", random: Math.random },
    configMaps,
    log: silentLogger,
  });
const merge = { "content-type": "application/merge-patch+json" };

it("a merge patch of config-autoscaler changes the configuration, and a wrong value is refused", async () => {
  const { store, config } = open();
  await using api = await startApi({ store });
  const patched = await api.send("PATCH", `${PATH}/config-autoscaler`, { data: { "stable-window": "40s" } }, merge);
  expect(patched.status).toBe(200);
  expect(config.current().autoscaler.stableWindowMs).toBe(40_000);
  const wrong = await api.send("PATCH", `${PATH}/config-autoscaler`, { data: { "stable-window": "soon" } }, merge);
  expect(wrong.status).toBe(400);
});

it("a change of _example is refused, because it would have no effect", async () => {
  await using api = await startApi({ store: open().store });
  const patched = await api.send(
    "PATCH",
    `${PATH}/config-gc`,
    { data: { _example: "min-non-active-revisions: 1" } },
    merge,
  );
  expect([patched.status, await patched.text()]).toEqual([400, expect.stringContaining("copy the respective setting")]);
});

it("all eight ConfigMaps exist with an _example; the user's data stands beside it", async () => {
  const { store, config } = open(new Map([["config-gc", { "min-non-active-revisions": "3" }]]));
  const maps: readonly ConfigMap[] = store.list("ConfigMap", { namespace: "knative-serving" });
  expect(maps.map(({ metadata }) => metadata.name.replace("config-", "")).join(" ")).toBe(
    "autoscaler defaults deployment domain features gc network observability",
  );
  expect(maps.every(({ data }) => data?.["_example"]?.startsWith("# "))).toBe(true);
  expect(maps.find(({ metadata }) => metadata.name === "config-gc")?.data).toMatchObject({
    "min-non-active-revisions": "3",
  });
  expect(config.current().gc.minNonActiveRevisions).toBe(3);
  expect(Object.keys(config.current().domain.domains)).toEqual(["localhost"]);
});
