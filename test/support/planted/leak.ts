// Leaves a server, a timer and a folder behind. Only test/sockets/leaks.test.ts runs this file.
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
