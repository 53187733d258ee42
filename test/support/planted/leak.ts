// A file of tests that leaves a server, a timer and a folder behind. For test/sockets/leaks.test.ts only.
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { monotonicClock } from "../../../src/base/monotonic-clock.ts";

test("passes", () => {
  createServer().listen(0, "127.0.0.1");
  monotonicClock.at(monotonicClock.now() + 60_000, () => {});
  expect(mkdtempSync(join(tmpdir(), "knap-planted-"))).toContain("knap-planted-");
});
