// `knap fault` of the built CLI, with a project that runs as processes.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KnapHome } from "../../support/knap.ts";

const server = `import { createServer } from "node:http";
createServer((_, response) => response.end("ok")).listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit());
`;
const service = `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec: { template: { spec: { containers: [{ image: dev.local/test/hello, command: [node, server.mjs] }] } } }
`;

let home: KnapHome;
let folder: string;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
  folder = join(home.folder, "project");
  mkdirSync(folder);
  writeFileSync(join(folder, "service.yaml"), service);
  writeFileSync(join(folder, "server.mjs"), server);
});
afterEach(() => home[Symbol.dispose]());

test("knap fault injects, lists and ends faults; get, describe, explain and up show them until then", async () => {
  const knap = home.start(["up", "--ui", "json"], folder);
  await knap.until(({ type }) => type === "ready");
  const run = (...args: readonly string[]) => home.run(args, folder);
  expect(await run("fault")).toMatchObject({
    code: 0,
    stdout: "",
    stderr: "no fault is on; inject one with `knap fault SERVICE KIND`\n",
  });
  expect(await run("fault", "hello", "errors", "--percent", "25", "--status", "503")).toMatchObject({
    code: 0,
    stdout: "f1 is on for hello: errors (status 503, 25% of requests, seed 1); ends with `knap fault off f1`\n",
  });
  const text = "f1 errors (status 503, 25% of requests, seed 1), hit 0 of 0 requests";
  for (const args of [
    ["get", "ksvc"],
    ["describe", "ksvc", "hello"],
    ["get", "revision/hello-00001"],
  ])
    expect((await run(...args)).stderr).toContain(`has the fault ${text}; \`knap fault off f1\` ends it`);
  expect((await run("explain", "hello")).stdout).toContain(`; fault ${text}`);
  await knap.until(({ type, reason }) => type === "event" && reason === "FaultInjected");
  expect((await run("fault", "revision/hello-00001", "latency", "--delay", "50ms")).code).toBe(0);
  expect((await run("fault", "list")).stdout).toMatch(
    /^ID {3}.*\nf1 .* hello {2,}.*errors.*0 of 0.*\nf2 .*hello-00001.*latency/,
  );
  expect(JSON.parse((await run("fault", "-o", "json")).stdout)).toMatchObject({
    items: [
      { id: "f1", service: "hello", percent: 25 },
      { id: "f2", service: "hello", revision: "hello-00001", delay: "50ms" },
    ],
  });
  expect((await run("fault", "-n", "other")).stderr).toContain("no fault is on");
  expect((await run("fault", "off", "-n", "other")).stderr).toBe("no such fault is on\n");
  expect((await run("fault", "off", "f1")).stdout).toBe(`ended: ${text}\n`);
  expect((await run("fault", "off", "hello")).stdout).toContain("ended: f2 latency (delay 50ms)");
  expect(await run("fault", "off")).toMatchObject({ code: 0, stdout: "", stderr: "no such fault is on\n" });
  expect((await run("fault", "clock-jump", "--by", "5m")).stdout).toBe("the clock has jumped by 5m\n");
  expect((await run("get", "ksvc")).stderr).toBe("");
  expect(await knap.interrupt()).toMatchObject({ code: 0 });
});

test("wrong uses of knap fault say which argument is wrong, and what is allowed, without a session", async () => {
  const refused = async (...args: readonly string[]): Promise<string> => {
    const { code, stderr } = await home.run(["fault", ...args], folder);
    expect(code).toBe(2);
    return stderr;
  };
  expect(await refused("hello")).toContain("kind: nothing is not a kind of fault; kinds are slow-start,");
  expect(await refused("hello", "error")).toContain('"error" is not a kind of fault (did you mean errors?)');
  expect(await refused("hello", "errors", "--percent", "many")).toContain('percent: "many" is not a number above 0');
  expect(await refused("hello", "latency", "--delay", "5", "--status", "500")).toMatch(
    /delay: "5" is not a duration.*; latency takes no status; it takes /,
  );
  expect(await refused("hello", "errors", "surplus")).toContain('unexpected argument "surplus"');
  expect(await refused("off", "f1", "--count", "2")).toContain("fault off takes no --count");
  expect(await refused("pod/x", "errors")).toContain("name a Service or revision/NAME");
  expect(await refused("clock-jump")).toContain("by: clock-jump needs it");
});
