import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { knownDifferences } from "./api-server/known-differences.ts";
import { apiServerSuite } from "./api-server.ts";

test("the API server repeats every recorded conversation of level must except the known differences", async () => {
  const file: unknown = JSON.parse(readFileSync(new URL("./data/api-server.json", import.meta.url), "utf8"));
  const verdicts = await apiServerSuite(file);
  const counted = verdicts.filter(({ apart }) => apart === undefined);
  const failed = counted.filter(({ passed }) => !passed);
  expect(counted.length).toBeGreaterThan(200);
  expect(failed.map(({ name }) => name).sort()).toEqual([...knownDifferences.keys()].sort());
});
