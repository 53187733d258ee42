import { expect, it } from "vitest";
import { breakingManifests } from "../support/mutated-manifests.ts";

it("the reader does not throw on mutated documents, and every refusal has a location", () => {
  const { broken, refused } = breakingManifests(200, 1);
  expect(broken.slice(0, 3)).toEqual([]);
  expect(refused).toBeGreaterThan(50);
});
