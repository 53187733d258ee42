// The recorded conversations as a test: every case that counts agrees.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { queueProxySuite } from "./queue-proxy.ts";

test("knap's queue-proxy holds the recorded conversations of level must", async () => {
  const file: unknown = JSON.parse(readFileSync(new URL("./data/queue-proxy.json", import.meta.url), "utf8"));
  const verdicts = await queueProxySuite(file);
  const counted = verdicts.filter(({ apart }) => apart === undefined);
  const failed = counted.filter(({ passed }) => !passed);
  expect(counted.length).toBeGreaterThan(300);
  expect(failed.map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
});
