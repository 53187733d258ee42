import { expect, it } from "vitest";
import { breakingManifests } from "../support/mutated-manifests.ts";

const RUNS = 100_000;
const BATCH = 5_000;

it("the reader accepts or refuses 100,000 mutated documents without a crash, and every refusal has a location", () => {
  let refused = 0;
  for (let first = 1_000_000; first < 1_000_000 + RUNS; first += BATCH) {
    const result = breakingManifests(BATCH, first);
    expect(result.broken.slice(0, 3)).toEqual([]);
    refused += result.refused;
  }
  expect(refused).toBeGreaterThan(RUNS / 2);
});
