// Tests the virtual clock with the built CLI: time passes only on request.
import { afterEach, beforeEach, expect, test } from "vitest";
import { get, KnapHome } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

const time = async (...args: string[]): Promise<number> =>
  Date.parse((await home.run(["clock", ...args])).stdout.trim());

test("`knap up --clock virtual` keeps time still, advances it, and runs it until a Service is at zero", async () => {
  const running = home.start(["up", "-f", hello, "--ui", "json", "--clock", "virtual"]);
  const { url } = await running.until(({ type }) => type === "ready");
  const began = await time();
  expect((await get(String(url))).status).toBe(200);
  expect(await time("now")).toBe(began);
  expect(await time("advance", "10s")).toBe(began + 10_000);
  expect((await home.run(["get", "pods"])).stdout).toMatch(/Running\s+0\s+10s/);
  const zero = await time("run", "hello", "zero");
  expect(zero - began).toBeGreaterThan(55_000);
  expect(zero - began).toBeLessThan(75_000);
  expect((await home.run(["get", "pods"])).stderr).toContain("No resources found");
  const refused = await home.run(["clock", "run", "revision/hello-00001", "7"]);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("hello-00001 will not be at 7 pods"),
  });
  expect(await home.run(["clock", "run", "hello", "often"])).toMatchObject({ code: 2 });
  expect(await running.interrupt()).toMatchObject({ code: 0 });
});

test("`knap clock` refuses to advance a session on real time and names the flag that allows it", async () => {
  const running = home.start(["up", "-f", hello, "--ui", "json"]);
  await running.until(({ type }) => type === "ready");
  expect(await home.run(["clock", "advance", "10s"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("start it with --clock virtual"),
  });
  expect(await running.interrupt()).toMatchObject({ code: 0 });
});
