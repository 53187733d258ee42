const { createHarness } = require("knap/testing");

const kn = createHarness({
  files: ["./service.yaml"],
  images: { "ghcr.io/acme/hello": { build: "." } },
  clock: "virtual",
});
const hello = kn.service("hello");

beforeAll(() => kn.start(), 120_000);
afterAll(() => kn.close(), 30_000);

test("wakes from zero within budget", async () => {
  await hello.waitForZero();
  const response = await hello.fetch("/");
  expect(response.status).toBe(200);
  expect(response.coldStart.totalMs).toBeLessThan(30_000);
}, 60_000);

test("answers errors while it is overloaded, then recovers", async () => {
  await kn.faults.inject({ kind: "queue-full", service: "hello", count: 1 });
  expect((await hello.fetch("/")).status).toBe(503);
  expect((await hello.fetch("/")).status).toBe(200);
}, 60_000);
