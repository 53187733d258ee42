// `knap debug` of the built CLI, with a project that runs as processes.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { Inspector } from "../../support/inspector.ts";
import { KnapHome } from "../../support/knap.ts";

const server = `import { createServer } from "node:http";
import { existsSync } from "node:fs";
setInterval(() => existsSync("../crash") && process.exit(1), 20);
createServer((_, response) => response.end("ok")).listen(Number(process.env.PORT), "0.0.0.0");
process.on("SIGTERM", () => process.exit());
`;
const service = `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: hello }
spec: { template: { spec: { containers: [{ image: dev.local/test/hello, command: [node, server.mjs] }] } } }
`;
const LAUNCH = `{
  // mine
  "configurations": [{ "name": "mine", "type": "node" },],
}
`;

let home: KnapHome;
let folder: string;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
  folder = join(home.folder, "project");
  mkdirSync(join(folder, ".vscode"), { recursive: true });
  writeFileSync(join(folder, "service.yaml"), service);
  writeFileSync(join(folder, "server.mjs"), server);
});
afterEach(() => home[Symbol.dispose]());

test("knap debug prints where to attach, writes launch.json, and is shown by get, explain and up until --off", async () => {
  const launch = join(folder, ".vscode", "launch.json");
  writeFileSync(launch, LAUNCH);
  const knap = home.start(["up", "--ui", "json"], folder);
  await knap.until(({ type }) => type === "ready");
  const none = await home.run(["debug"], folder);
  expect(none).toMatchObject({ code: 0, stdout: "", stderr: "nothing is debugged; start with `knap debug SERVICE`\n" });

  const { code, stdout, stderr } = await home.run(["debug", "hello"], folder);
  expect(code).toBe(0);
  const [, port = ""] =
    /^hello-00001 runs under the node debugger at 127\.0\.0\.1:(\d+) \(instance /.exec(stdout) ?? [];
  expect(stdout).toContain("ends with `knap debug hello --off`");
  expect(stderr).toBe(`wrote "knap: hello" to ${launch}\n`);
  const text = readFileSync(launch, "utf8");
  expect(text).toContain("// mine");
  expect(text).toContain(`"port": ${port},`);
  using inspector = await Inspector.attach({ host: "127.0.0.1", port: Number(port) });
  expect(await inspector.send("Runtime.evaluate", { expression: "process.env.K_SERVICE" })).toMatchObject({
    result: { value: "hello" },
  });

  const again = await home.run(["debug", "hello"], folder);
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(again.stdout).toContain(`hello-00001 already runs under the node debugger at 127.0.0.1:${port}`);
  const [, row = ""] = (await home.run(["debug"], folder)).stdout.split("\n");
  expect(row.split(/\s{2,}/).slice(0, 6)).toEqual([
    "default",
    "hello",
    "hello-00001",
    "node",
    `127.0.0.1:${port}`,
    "1 debugger",
  ]);
  for (const args of [
    ["get", "ksvc"],
    ["describe", "revision/hello-00001"],
  ])
    expect((await home.run(args, folder)).stderr).toContain(
      `is debugged at 127.0.0.1:${port} (node, 1 debugger attached)`,
    );
  expect((await home.run(["explain", "hello"], folder)).stdout).toMatch(/^hello-00001: stays at 1: it is debugged at/);
  await knap.until(({ type, reason }) => type === "event" && reason === "Debugging");

  const left = inspector.closed;
  const off = await home.run(["debug", "hello", "--off"], folder);
  expect(off.stdout).toBe("hello: debugging ends; a normal instance follows\n");
  await left;
  expect((await home.run(["debug", "hello", "--off"], folder)).stdout).toBe("hello is not debugged\n");
  await eventually(async () => expect((await home.run(["get", "ksvc"], folder)).stderr).toBe(""));
  // Neither the launch configuration nor the restart counts as a change of the sources.
  expect(knap.events.filter(({ type, phase }) => type === "build" && phase === "changed")).toEqual([]);
  expect(await knap.interrupt()).toMatchObject({ code: 0 });
});

test("a broken launch.json is left alone; --no-launch writes none; wrong uses say what to do", async () => {
  const launch = join(folder, ".vscode", "launch.json");
  writeFileSync(launch, "{ broken");
  const knap = home.start(["up", "--ui", "json"], folder);
  await knap.until(({ type }) => type === "ready");
  const run = (...args: readonly string[]) => home.run(["debug", ...args], folder);
  expect(await run("nobody")).toMatchObject({
    code: 1,
    stderr: 'knap: Error from server (NotFound): services.serving.knative.dev "nobody" not found\n',
  });
  expect(await run("--wait")).toMatchObject({
    code: 2,
    stderr: "knap: --wait needs the name of a Service\n  → knap debug SERVICE\n",
  });
  expect(await run("hello", "--off", "--port", "9300")).toMatchObject({
    code: 2,
    stderr: "knap: --off takes no --port\n  → knap debug hello --off\n",
  });
  expect(JSON.parse((await run("hello", "--off", "-o", "json")).stdout)).toMatchObject({
    kind: "DebugEnd",
    stopped: false,
  });
  expect(await run("hello", "--kind", "cobol")).toMatchObject({ code: 2, stderr: expect.stringContaining("node") });
  expect(await run("hello", "--port", "70000")).toMatchObject({ code: 2, stderr: expect.stringContaining("65535") });
  expect(await run("hello", "--kind", "python")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the command "node server.mjs" cannot start under the python debugger'),
  });
  expect((await run("hello", "--no-launch")).stderr).toBe("");
  expect(readFileSync(launch, "utf8")).toBe("{ broken");
  expect((await run("hello")).stderr).toBe(`${launch} is left alone: line 1 is not valid JSON\n`);
  expect(readFileSync(launch, "utf8")).toBe("{ broken");
  expect(JSON.parse((await run("hello", "-o", "json")).stdout)).toMatchObject({ service: "hello", debugger: "node" });
  await knap.interrupt();
});

test("debugging that is on stays on although the app crashes", async () => {
  const knap = home.start(["up", "--ui", "json"], folder);
  await knap.until(({ type }) => type === "ready");
  expect(await home.run(["debug", "hello", "--no-launch"], folder)).toMatchObject({ code: 0 });
  writeFileSync(join(home.folder, "crash"), "");
  await eventually(async () => {
    const { code, stderr } = await home.run(["debug", "hello", "--no-launch"], folder);
    expect(code).toBe(1);
    expect(stderr).toContain("hello-00001 does not start under the debugger, debugging stays on");
  }, 15_000);
  expect((await home.run(["debug"], folder)).stdout).toContain("hello-00001");
  await knap.interrupt();
});
