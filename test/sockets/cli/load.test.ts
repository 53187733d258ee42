// `knap load` of the built CLI on a session of processes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KnapHome } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

test("`knap load` reports latency, answers and scale, beside a simulation of the same load", async () => {
  const running = home.start(["up", "-f", hello, "--ui", "json"]);
  await running.until(({ type }) => type === "ready");
  writeFileSync(join(home.folder, "load.csv"), "time,duration\n0,10ms\n0.1,10ms\n1.2,10ms\n");
  const json = await home.run([
    "load",
    "hello",
    "--trace",
    "load.csv",
    "-o",
    "json",
    "--simulate",
    "--max-failed",
    "0",
  ]);
  expect(json.code).toBe(0);
  const report = JSON.parse(json.stdout);
  expect(report).toMatchObject({
    apiVersion: "knap.dev/v1",
    kind: "LoadReport",
    service: "default/hello",
    sent: 3,
    answered: 3,
    statuses: { 200: 3 },
    failed: 0,
    mostReady: 1,
    simulated: { requests: 3 },
  });
  expect(
    report.samples.reduce((sum: number, each: { requestsPerSecond: number }) => sum + each.requestsPerSecond, 0),
  ).toBeLessThanOrEqual(3);
  expect(report.samples.length).toBeGreaterThanOrEqual(2);

  const text = await home.run(["load", "hello", "--rate", "20", "--duration", "1s", "--max-p99", "1ns"]);
  expect(text).toMatchObject({ code: 1, stderr: expect.stringContaining("knap: p99 was ") });
  expect(text.stdout).toMatch(/\d+ requests, \d+ answered \(200: \d+\)\nat most 1 ready pods\n/);
  expect(await running.interrupt()).toMatchObject({ code: 0 });
});

test("`knap load` refuses wrong loads, unknown Services and a virtual clock, and says what to do", async () => {
  expect(await home.run(["load", "hello"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("one of --rate, --shape and --trace"),
  });
  expect(await home.run(["load", "hello", "--rate", "5", "--shape", "0s=1,1s=2"])).toMatchObject({ code: 2 });
  expect(await home.run(["load", "hello", "--shape", "0s"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"0s" is not a time and a rate'),
  });
  expect(await home.run(["load", "hello", "--trace", "none.csv"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--trace: none.csv cannot be read: no such file"),
  });
  const running = home.start(["up", "-f", hello, "--ui", "json", "--clock", "virtual"]);
  await running.until(({ type }) => type === "ready");
  expect(await home.run(["load", "nobody", "--rate", "5"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('"nobody" not found'),
  });
  expect(await home.run(["load", "hello", "--rate", "5"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("clock is virtual"),
  });
  expect(await running.interrupt()).toMatchObject({ code: 0 });
});
