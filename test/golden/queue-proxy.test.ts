import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { queueProxySuite } from "./queue-proxy.ts";

test("the queue-proxy repeats every recorded conversation of level must", async () => {
  const file: unknown = JSON.parse(readFileSync(new URL("./data/queue-proxy.json", import.meta.url), "utf8"));
  const verdicts = await queueProxySuite(file);
  const counted = verdicts.filter(({ apart }) => apart === undefined);
  const failed = counted.filter(({ passed }) => !passed);
  expect(counted.length).toBeGreaterThan(300);
  expect(failed.map(({ name, why }) => `${name}: ${why}`)).toEqual([]);
});
