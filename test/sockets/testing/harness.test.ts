// Tests the test library on processes: every verb as a user's test calls it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Harness } from "../../../src/testing/index.ts";
import { HarnessHome, manifest } from "../../support/harness.ts";

let home: HarnessHome;
let kn: Harness;
beforeAll(async () => {
  home = new HarnessHome();
  writeFileSync(join(home.cwd, "service.yaml"), manifest("hello", '"autoscaling.knative.dev/target": "1"'));
  kn = home.harness({ files: ["./service.yaml"], clock: "virtual", secrets: { db: { url: "postgres://x" } } });
  await kn.start();
});
afterAll(async () => {
  await kn.close();
  home[Symbol.dispose]();
});

describe("a harness on the virtual clock", () => {
  const hello = () => kn.service("hello");

  test("`waitForZero` jumps over the nap, and the response to the next request has the cold start", async () => {
    const before = await kn.clock.now();
    await hello().waitForZero();
    expect((await kn.clock.now()).getTime() - before.getTime()).toBeGreaterThan(50_000);
    expect(await hello().pods()).toEqual([]);
    const response = await hello().fetch("/");
    expect(response).toMatchObject({
      status: 200,
      revision: "hello-00001",
      pod: expect.stringMatching(/^hello-00001/),
    });
    expect(await response.text()).toBe("hello from hello-00001\n");
    expect(response.coldStart?.totalMs).toBeGreaterThan(0);
    expect(response.coldStart?.parts).toMatchObject({ create: expect.any(Number), firstByte: expect.any(Number) });
    expect((await hello().fetch("/")).coldStart).toBeUndefined();
  });

  test("`fetch` sends method, headers and body as the standard `fetch` does", async () => {
    const body = JSON.stringify({ a: 1 });
    const response = await hello().fetch("/echo?x=1", { method: "POST", body, headers: { "x-own": "yes" } });
    const seen = (await response.json()) as { headers: string[]; method: string; url: string; body: string };
    expect(seen).toMatchObject({ method: "POST", url: "/echo?x=1", body });
    expect(seen.headers).toEqual(expect.arrayContaining(["x-own", "yes", "text/plain;charset=UTF-8"]));
  });

  test("`waitForScale` advances time until the autoscaler has as many pods as the held requests need", async () => {
    const held = [1, 2, 3].map(() => hello().fetch("/sleep?ms=6000"));
    await hello().waitForScale(5);
    expect(await hello().explain()).toMatch(/^hello-00001: /);
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  test("a wait that cannot end fails at once and says why", async () => {
    await expect(hello().waitForScale(2_000_000)).rejects.toThrow(/hello will not be at 2000000 pods: hello-00001/);
    await expect(kn.service("none").waitForZero()).rejects.toThrow('there is no Service "none" in namespace default');
    await expect(kn.service("none").fetch("/")).rejects.toThrow('there is no Service "none"; the Services are: hello');
    await expect(hello().waitForScale(7, { timeout: "3s" })).rejects.toThrow("hello was not at 7 pods within 3s: ");
  });

  test("`apply` makes a new revision, `tag` and `sample` show who answers, `reset` brings the first one back", async () => {
    const more =
      "  traffic:\n    - { percent: 100, latestRevision: true }\n    - { tag: old, revisionName: hello-00001, percent: 0 }\n";
    await kn.apply(manifest("hello", "") + more);
    expect(await hello().sample(4)).toEqual({ "hello-00002": 4 });
    expect((await hello().tag("old").fetch("/")).revision).toBe("hello-00001");
    await expect(hello().tag("new").fetch("/")).rejects.toThrow('hello has no tag "new" in its traffic; its tags: old');
    await kn.reset();
    expect(await hello().sample(2)).toEqual({ "hello-00001": 2 });
  });

  test("a fault acts until it has acted `count` times, and `reset` ends the others", async () => {
    const statuses = [];
    const fault = await kn.faults.inject({ kind: "errors", service: "hello", status: 503, count: 2 });
    for (let request = 0; request < 3; request += 1) statuses.push((await hello().fetch("/")).status);
    expect(statuses).toEqual([503, 503, 200]);
    expect(await fault.end()).toMatchObject({ id: fault.id, hits: 2 });
    await kn.faults.inject({ kind: "latency", service: "hello", delay: 50 });
    expect(await kn.faults.list()).toMatchObject([{ kind: "latency", delay: "50ms", hits: 0 }]);
    await kn.reset();
    expect(await kn.faults.list()).toEqual([]);
    await expect(kn.faults.inject({ kind: "errors", service: "none" })).rejects.toThrow(/none/);
    await expect(kn.faults.inject({ kind: "error" as never, service: "hello" })).rejects.toThrow(/errors/);
  });

  test("`terminateOne`, `lastExit`, `logs`, `events` and `debug` show the life of a pod", async () => {
    await hello().waitReady();
    await (await hello().fetch("/")).text();
    const pod = await hello().terminateOne();
    expect(await hello().pods()).not.toContain(pod);
    expect(await hello().lastExit()).toMatchObject({ pod, revision: "hello-00001", exitCode: expect.any(Number) });
    const next = (await hello().fetch("/")).pod;
    expect(next).not.toBe(pod);
    await hello().terminateOne({ signal: "SIGKILL" });
    expect((await hello().fetch("/")).status).toBe(200);
    expect(await hello().lastExit()).toMatchObject({ exitCode: 137 });
    expect(await hello().logs()).toEqual(expect.arrayContaining([expect.stringContaining("listening")]));
    expect((await hello().events()).map(({ reason }) => reason)).toContain("Created");
    expect(await kn.debug()).toMatch(/Service default\/hello http[\s\S]*Ready=True[\s\S]*scale:[\s\S]*hello-00001: /);
  });
});
