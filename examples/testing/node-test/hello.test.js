import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createHarness } from "knap/testing";

const kn = createHarness({
  files: ["./service.yaml"],
  images: { "ghcr.io/acme/hello": { build: "." } },
  clock: "virtual",
});
const hello = kn.service("hello");

before(() => kn.start());
after(() => kn.close());

test("wakes from zero within budget", async () => {
  await hello.waitForZero();
  const response = await hello.fetch("/");
  assert.equal(response.status, 200);
  assert.ok(response.coldStart.totalMs < 30_000);
});

test("a crash is followed by a new container", async () => {
  await hello.terminateOne({ signal: "SIGKILL" });
  assert.equal((await hello.fetch("/")).status, 200);
  assert.equal((await hello.lastExit()).exitCode, 137);
});
