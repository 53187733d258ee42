// Tests builds by a command of the user on a real engine.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildBench, openBuildBench } from "../support/build-bench.ts";
import { eventually } from "../support/eventually.ts";
import { KnapHome, serviceYaml } from "../support/knap.ts";
import { isRunning, isRunningWith } from "../support/test-folder.ts";

const fresh = (): string => String(Math.random()).slice(2);

describe("a build command", () => {
  let bench: BuildBench;
  const run = (script: string, signal?: AbortSignal) =>
    bench.build({ command: ["sh", "-c", script], context: bench.folder, bases: [] }, signal);
  beforeAll(async () => {
    bench = await openBuildBench();
    bench.write({ Dockerfile: `FROM ${bench.base}\nARG V\nENV V=$V\n` });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test("the image that the command prints last is the image of the build", async () => {
    const tag = `knap-test/printed:${fresh()}`;
    const outcome = await run(
      `echo building 12:30; docker build -q -t ${tag} --build-arg V=${fresh()} . >&2; echo ${bench.base}; echo ${tag}; echo done`,
    );
    expect(outcome).toMatchObject({
      ok: true,
      image: expect.stringMatching(/^dev\.local\/default\/built-.*:[0-9a-f]{12}$/),
    });
    const [built, printed] = await Promise.all([
      bench.runtime.images.inspect((outcome as { image: string }).image),
      bench.runtime.images.inspect(tag),
    ]);
    expect(built?.id).toBe(printed?.id);
    // The user's tag stays.
    await bench.runtime.images.remove(tag);
  });

  test("without a printed image, the image with the name KNAP_IMAGE is the image of the build", async () => {
    const outcome = await run(
      `echo "$KNAP_SERVICE in $KNAP_NAMESPACE by $DOCKER_HOST"; docker build -q -t "$KNAP_IMAGE" --build-arg V=${fresh()} . >&2`,
    );
    expect(outcome).toMatchObject({ ok: true });
    expect(bench.lines[0]).toBe(`${bench.service.split("/")[1]} in default by ${bench.runtime.engineAddress}`);
    const { tags } = (await bench.runtime.images.inspect((outcome as { image: string }).image)) ?? {};
    expect(tags).toEqual([(outcome as { image: string }).image]);
  });

  test("the image that docker load names is the image of the build", async () => {
    const tag = `knap-test/loaded:${fresh()}`;
    const outcome = await run(
      `docker build -q -t ${tag} --build-arg V=${fresh()} . >&2; docker save ${tag} > image.tar; docker rmi ${tag} >&2; docker load < image.tar`,
    );
    expect(outcome).toMatchObject({ ok: true });
    expect(bench.lines.at(-1)).toBe(`Loaded image: ${tag}`);
    await bench.runtime.images.remove(tag);
  });

  test("a failing command is a failed build with its output and exit code", async () => {
    expect(await run("echo out; echo why >&2; exit 3")).toMatchObject({
      ok: false,
      setting: "command",
      message: expect.stringContaining("exit code 3"),
      output: expect.arrayContaining(["out", "why"]),
    });
    expect(bench.lines).toEqual(expect.arrayContaining(["out", "why"]));
  });

  test("a command that does not exist, and an image that is not in the engine, are errors that say what to do", async () => {
    expect(await bench.build({ command: ["knap-no-such-tool"], context: bench.folder, bases: [] })).toMatchObject({
      ok: false,
      message: expect.stringMatching(/cannot start "knap-no-such-tool".*not found/),
    });
    expect(await run("echo registry.example.com/team/app:1")).toMatchObject({
      ok: false,
      message: expect.stringMatching(/printed registry\.example\.com\/team\/app:1.*must load the image/),
    });
    expect(await run("echo finished")).toMatchObject({ ok: false, message: expect.stringContaining("KNAP_IMAGE") });
  });

  test("an aborted command ends with everything that it started, also if it ignores SIGTERM", async () => {
    const abort = new AbortController();
    const running = run(`trap "" TERM; sleep 300 & echo $$ $!; wait; sleep 300`, abort.signal);
    const rejection = expect(running).rejects.toMatchObject({ name: "AbortError" });
    await eventually(() => expect(bench.lines[0]).toMatch(/^\d+ \d+$/));
    abort.abort();
    await rejection;
    const pids = (bench.lines[0] ?? "").split(" ").map(Number);
    await eventually(() => expect(pids.map(isRunning)).toEqual([false, false]));
  });

  test("output without line ends, and a background process that keeps the output open, do not hold the build", async () => {
    const outcome = await run(
      `printf 'no end'; sleep 30 & docker build -q -t $KNAP_IMAGE --build-arg V=${fresh()} . >&2`,
    );
    expect(outcome).toMatchObject({ ok: true });
    expect((outcome as { figures: { ms: number } }).figures.ms).toBeLessThan(25_000);
  });

  test("rebuilds by a command leave the last two images", async () => {
    for (let version = 1; version <= 4; version++) {
      await run(`docker build -q -t $KNAP_IMAGE --build-arg V=${version}-${fresh()} . >&2`);
    }
    expect(await bench.images()).toHaveLength(2);
  });
});

test("a build command ends with a session that is killed", async () => {
  using home = new KnapHome();
  const mark = `4${fresh().slice(0, 7)}`;
  const folder = home.project({
    "service.yaml": serviceYaml("killed"),
    "knap.yaml": `services: { killed: { build: { command: [sh, -c, "sleep ${mark}; true"] } } }\n`,
  });
  const running = home.start(["up", "--ui", "json", "--runtime", "docker"], folder);
  await eventually(() => expect(isRunningWith(`sleep\0${mark}`)).toBe(true), 60_000);
  await eventually(() => expect(recordsOf(home)).toHaveLength(1));
  running.child.kill("SIGKILL");
  await running.finished;
  await eventually(() => expect(isRunningWith(`sleep\0${mark}`)).toBe(false), 30_000);
});

test("Ctrl-C during the first build is answered at once, and ends the command", async () => {
  using home = new KnapHome();
  const mark = `4${fresh().slice(0, 7)}`;
  const folder = home.project({
    "service.yaml": serviceYaml("ended"),
    "knap.yaml": `services: { ended: { build: { command: [sh, -c, "sleep ${mark}; true"] } } }\n`,
  });
  const running = home.start(["up", "--ui", "json", "--runtime", "docker"], folder);
  await eventually(() => expect(isRunningWith(`sleep\0${mark}`)).toBe(true), 60_000);
  expect(await running.interrupt()).toMatchObject({ code: 0, stdout: expect.stringContaining("stopping: ") });
  expect(isRunningWith(`sleep\0${mark}`)).toBe(false);
});

function recordsOf(home: KnapHome): readonly string[] {
  const [session = ""] = home.sessions();
  return readdirSync(join(home.folder, "knap", session, "processes"));
}

test("a Service whose image a command builds is served, and the location of a failure is in knap.yaml", async () => {
  await using bench = await openBuildBench();
  const folder = mkdtempSync(join(tmpdir(), "knap-command-"));
  const service = bench.service.split("/")[1] as string;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const command = (script: string) =>
    write("knap.yaml", `services:\n  ${service}:\n    build:\n      command: [sh, -c, ${JSON.stringify(script)}]\n`);
  write(
    "service.yaml",
    `apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: ${service} }\nspec: { template: { spec: { containers: [{ image: "${service}:1" }] } } }\n`,
  );
  write("server.js", 'require("http").createServer((q, s) => s.end("built")).listen(process.env.PORT);\n');
  write("Dockerfile.other", `FROM ${bench.base}\nCOPY server.js /\nCMD ["/usr/local/bin/node", "/server.js"]\n`);
  using home = new KnapHome();
  const ask = [
    "--",
    process.execPath,
    "--input-type=module",
    "-e",
    "console.log(await (await fetch(process.env.KNAP_URL)).text())",
  ];
  const flags = ["ci", "--container-address", "published", "--timeout", "60s"];
  command("docker build -q -t $KNAP_IMAGE -f Dockerfile.other . >&2");
  expect(await home.run([...flags, ...ask], folder)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("built"),
  });
  command("echo out of luck; exit 4");
  const failed = await home.run([...flags, ...ask], folder);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(/knap\.yaml:4:7: the build command .* failed: exit code 4/);
  expect(failed.stderr).toContain("out of luck");
  rmSync(folder, { recursive: true });
});
