import { createHarness } from "knap/testing";
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, test } from "vitest";

const kn = createHarness({
  files: ["./service.yaml"],
  images: { "ghcr.io/acme/hello": { build: "." } },
  clock: "virtual",
});
const hello = kn.service("hello");

beforeAll(() => kn.start(), 120_000);
afterAll(() => kn.close(), 30_000);
beforeEach(() => onTestFailed(async () => console.error(await kn.debug())));

test("wakes from zero within budget", async () => {
  await hello.waitForZero();
  const response = await hello.fetch("/");
  expect(response.status).toBe(200);
  expect(response.coldStart?.totalMs).toBeLessThan(30_000);
}, 60_000);

test("containerConcurrency 1 scales as Knative would", async () => {
  const held = [1, 2, 3].map(() => hello.fetch("/slow"));
  await hello.waitForScale(5); // 3 ÷ (1 × 70 %), rounded up
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200]);
}, 60_000);
