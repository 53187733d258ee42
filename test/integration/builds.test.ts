// Tests builds of Dockerfiles on a real engine, with BuildKit and with the classic builder.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildBench, failedLine, openBuildBench } from "../support/build-bench.ts";
import { eventually } from "../support/eventually.ts";
import { isRunningWith } from "../support/test-folder.ts";

/** A text that no earlier build has in its cache. */
const fresh = (): string => String(Math.random()).slice(2);
const historyOf = (image: string): string =>
  execFileSync("docker", ["history", "--no-trunc", image], { encoding: "utf8" }) +
  execFileSync("docker", ["inspect", image], { encoding: "utf8" });

describe("builds with BuildKit", () => {
  let bench: BuildBench;
  beforeAll(async () => {
    bench = await openBuildBench("1");
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test("a secret is there during RUN, and neither in the image nor in the output", async () => {
    const secret = `token-${fresh()}`;
    bench.write({ "token.txt": `${secret}\n`, ".dockerignore": "token.txt\n" });
    process.env["KNAP_TEST_SECRET"] = secret;
    const outcome = await bench.buildText(
      `FROM ${bench.base}\nRUN --mount=type=secret,id=file --mount=type=secret,id=variable cat /run/secrets/file /run/secrets/variable && test -s /run/secrets/file && echo ${fresh()}\n`,
      {
        secrets: [
          { id: "file", file: join(bench.folder, "token.txt") },
          { id: "variable", environment: "KNAP_TEST_SECRET" },
        ],
      },
    );
    delete process.env["KNAP_TEST_SECRET"];
    expect(outcome).toMatchObject({ ok: true });
    expect(bench.lines.join("\n")).toContain("***\n***");
    expect(bench.lines.join("\n")).not.toContain(secret);
    expect(historyOf((outcome as { image: string }).image)).not.toContain(secret);
  });

  test("a failing build does not show its secrets in the error", async () => {
    bench.write({ "token.txt": "correct-horse\n" });
    const outcome = await bench.buildText(
      `FROM ${bench.base}\nRUN --mount=type=secret,id=t echo "it is $(cat /run/secrets/t)"; exit 9 # ${fresh()}\n`,
      { secrets: [{ id: "t", file: join(bench.folder, "token.txt") }] },
    );
    expect(outcome).toMatchObject({ ok: false, output: expect.arrayContaining(["it is ***"]) });
    expect(JSON.stringify(outcome)).not.toContain("correct-horse");
  });

  test("a missing secret file or variable fails the build before it starts, and names the secret", async () => {
    const text = `FROM ${bench.base}\nRUN true\n`;
    expect(await bench.buildText(text, { secrets: [{ id: "npm", file: "/no/such/file" }] })).toMatchObject({
      ok: false,
      setting: "secrets",
      message: expect.stringMatching(/file of the secret "npm".*ENOENT/),
    });
    expect(await bench.buildText(text, { secrets: [{ id: "npm", environment: "KNAP_NOT_SET" }] })).toMatchObject({
      ok: false,
      setting: "secrets",
      message: expect.stringContaining("KNAP_NOT_SET"),
    });
    expect(bench.lines).toEqual([]);
  });

  test.each([
    ["secret", "type=secret,id=gone,required=true"],
    ["ssh agent", "type=ssh,required=true"],
  ])("a step that requires a %s which the build does not have fails at its line", async (_name, mount) => {
    const text = `FROM ${bench.base}\nENV A=1\nRUN --mount=${mount} echo ${fresh()}\n`;
    const outcome = await bench.buildText(text);
    expect(failedLine(outcome, text)).toBe(3);
    expect((outcome as { message: string }).message).toMatch(/not found|has no ssh agent/);
  });

  test("cached steps are counted", async () => {
    const text = `FROM ${bench.base}\nRUN echo ${fresh()}\nRUN echo two\n`;
    expect(await bench.buildText(text)).toMatchObject({ ok: true, figures: { steps: 2, cached: 0 } });
    const again = await bench.buildText(text);
    expect(again).toMatchObject({ ok: true, figures: { steps: 2, cached: 2 } });
    expect(bench.steps).toContain(`cached [3/3] RUN echo two`);
  });

  test("images of cache_from are asked for their cache", async () => {
    const outcome = await bench.buildText(`FROM ${bench.base}\nRUN echo ${fresh()}\n`, { cacheFrom: [bench.base] });
    expect(outcome).toMatchObject({ ok: true });
    expect(bench.lines.join("\n")).toContain(`importing cache manifest from ${bench.base}`);
  });

  test("the network none has no route, and an extra host is in /etc/hosts", async () => {
    const outcome = await bench.buildText(`FROM ${bench.base}\nRUN cat /etc/hosts /proc/net/route # ${fresh()}\n`, {
      network: "none",
      extraHosts: ["db.test:10.9.8.7"],
    });
    expect(outcome).toMatchObject({ ok: true });
    expect(bench.lines.join("\n")).toMatch(/10\.9\.8\.7\s+db\.test/);
    expect(bench.lines.join("\n")).not.toContain("eth0\t");
    expect(await bench.buildText(`FROM ${bench.base}\n`, { network: "mine" })).toMatchObject({ setting: "network" });
  });

  test("labels of the user are on the image, and the Dockerfile can be inline", async () => {
    const outcome = await bench.build({
      context: bench.folder,
      dockerfile: join(bench.folder, "knap.yaml"),
      inline: `FROM ${bench.base}\nENV WHERE=inline\n`,
      args: {},
      labels: { "com.example.team": "blue" },
      bases: [],
    });
    const info = await bench.runtime.images.inspect((outcome as { image: string }).image);
    expect(info?.labels).toMatchObject({ "com.example.team": "blue", "knap.dev/service": bench.service });
  });

  test("shm_size is refused if the engine's BuildKit ignores it", async () => {
    const { ApiVersion } = JSON.parse(
      execFileSync("docker", ["version", "-f", "{{json .Server}}"], { encoding: "utf8" }),
    );
    const outcome = await bench.buildText(`FROM ${bench.base}\nRUN cat /proc/mounts # ${fresh()}\n`, {
      shmBytes: 2 ** 20,
    });
    if (Number(ApiVersion.split(".")[1]) < 42) expect(outcome).toMatchObject({ ok: false, setting: "shm_size" });
    else expect(bench.lines.join("\n")).toMatch(/\/dev\/shm.*size=1024k/);
  });
});

describe.each([
  ["BuildKit", "1"],
  ["the classic builder", "0"],
] as const)("builds with %s", (_, builder) => {
  let bench: BuildBench;
  beforeAll(async () => {
    bench = await openBuildBench(builder);
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test("arguments and the target reach the build", async () => {
    const text = `FROM ${bench.base} AS one\nARG WHO\nRUN echo "for $WHO"\nFROM one AS two\nRUN exit 1\n`;
    expect(await bench.buildText(text, { target: "one", args: { WHO: `you ${fresh()}` } })).toMatchObject({ ok: true });
    expect(bench.lines.join("\n")).toContain("for you");
    expect(await bench.buildText(text, { target: "three" })).toMatchObject({ ok: false, setting: "target" });
  });

  test("no_cache runs each step again", async () => {
    const text = `FROM ${bench.base}\nRUN echo again ${fresh()}\n`;
    await bench.buildText(text);
    await bench.buildText(text, { noCache: true });
    expect(bench.lines.some((line) => line.startsWith("again"))).toBe(true);
  });

  test("a build for a platform that the engine cannot run fails; it is refused if knap sees the emulators", async () => {
    const seen = existsSync("/proc/sys/fs/binfmt_misc/status");
    const text = `FROM ${bench.base}\nRUN true # ${fresh()}\n`;
    expect(await bench.buildText(text, { platform: "linux/s390x" })).toMatchObject({
      ok: false,
      ...(seen && { setting: "platforms", message: expect.stringContaining("linux/s390x") }),
    });
    const own = `linux/${(await bench.runtime.info()).architecture}`;
    expect(await bench.buildText(`FROM ${bench.base}\nENV A=${fresh()}\n`, { platform: own })).toMatchObject({
      ok: true,
    });
  });

  test.each([
    ["a RUN of several lines", ["RUN echo a && \\", "   # note", "   echo $A && \\", "   exit 7", "ENV B=1"], 3],
    ["a RUN in exec form", ["WORKDIR /app", 'RUN ["/bin/false"]'], 4],
    ["a missing source of COPY", ["ENV B=1", "COPY nope.txt /x"], 4],
    ["an unknown instruction", ["ENV B=1", "RUNN true"], 4],
    ["a missing image of COPY --from", ["COPY --from=nowhere.invalid/three /x /y"], 3],
  ])("the error of %s has the line of the Dockerfile", async (_name, lines, line) => {
    const text = [`FROM ${bench.base}`, `ARG A=${fresh()}`, ...lines, ""].join("\n");
    const outcome = await bench.buildText(text, { args: { A: "other" } });
    expect(outcome).toMatchObject({ ok: false });
    expect([outcome, failedLine(outcome, text)]).toEqual([outcome, line]);
  });

  test("the error of a missing base image has the line of FROM", async () => {
    const text = `ARG X=1\nFROM nowhere.invalid/base:1 AS a\nRUN true\n`;
    const outcome = await bench.buildText(text);
    expect(failedLine(outcome, text)).toBe(2);
    const { message } = outcome as { message: string };
    expect(message.split("\n").at(-1)).toMatch(/^(failed to do request|Get ).*no such host/);
  });

  test("an aborted build rejects, and the engine ends the step that runs", async () => {
    const mark = `sleep 4${fresh().slice(0, 7)}`;
    const abort = new AbortController();
    bench.write({ Dockerfile: `FROM ${bench.base}\nRUN ${mark}\nRUN echo never\n` });
    const plan = { context: bench.folder, dockerfile: join(bench.folder, "Dockerfile"), args: {}, bases: [] };
    const running = bench.build(plan, abort.signal);
    const rejection = expect(running).rejects.toMatchObject({ name: "AbortError" });
    await eventually(() => expect(isRunningWith(mark.replace(" ", "\0"))).toBe(true), 30_000);
    abort.abort();
    await rejection;
    await eventually(() => expect(isRunningWith(mark.replace(" ", "\0"))).toBe(false), 20_000);
    expect(bench.lines.join("\n")).not.toContain("never");
  });

  test("five rebuilds leave the last two images, and that of a Revision at zero", async () => {
    const built: string[] = [];
    for (let version = 1; version <= 5; version++) {
      const outcome = await bench.buildText(`FROM ${bench.base}\nENV VERSION=${version}-${fresh()}\n`);
      built.push((outcome as { image: string }).image);
      if (version === 2) bench.inUse.add(built[1] as string);
    }
    const idOf = async (image: string) => (await bench.runtime.images.inspect(image))?.id;
    const kept = await Promise.all([built[1], built[3], built[4]].map((image) => idOf(image as string)));
    expect(kept).not.toContain(undefined);
    expect([...(await bench.images())].sort()).toEqual([...kept].sort());
  });
});

describe("settings that only BuildKit has", () => {
  test("secrets and ssh are refused with the classic builder", async () => {
    await using bench = await openBuildBench("0");
    bench.write({ token: "x" });
    const text = `FROM ${bench.base}\nRUN true\n`;
    expect(await bench.buildText(text, { secrets: [{ id: "a", file: join(bench.folder, "token") }] })).toMatchObject({
      ok: false,
      setting: "secrets",
      message: expect.stringContaining("BuildKit"),
    });
  });

  test("the classic builder's images of earlier builds are removed, and its cache stays", async () => {
    await using bench = await openBuildBench("0");
    const text = (code: string, mark: string) =>
      `FROM ${bench.base} AS a\nRUN echo ${mark}-1 > /x\nRUN ${code}\nFROM ${bench.base}\nCOPY --from=a /x /x\n`;
    const layersOf = () => bench.lines.flatMap((line) => /^ ---> ([0-9a-f]{12})$/.exec(line)?.[1] ?? []);
    const left = (ids: readonly string[]) => {
      const dangling = execFileSync("docker", ["images", "-q", "--filter", "dangling=true"], { encoding: "utf8" });
      return ids.filter((id) => dangling.includes(id)).length;
    };
    const mark = fresh();
    expect(await bench.buildText(text("exit 3", mark))).toMatchObject({ ok: false });
    const failed = layersOf();
    expect(left(failed)).toBe(1);
    expect(await bench.buildText(text("true", mark))).toMatchObject({ ok: true, figures: { cached: 1 } });
    const second = layersOf();
    expect(left(second)).toBe(1);
    expect(await bench.buildText(text("true", fresh()))).toMatchObject({ ok: true });
    expect(left(second)).toBe(0);
    expect(left(layersOf())).toBe(1);
    expect(await bench.runtime.images.inspect(bench.base)).toBeDefined();
  });

  test("a build whose image is used again after an older one counts as the newest", async () => {
    await using bench = await openBuildBench("1");
    const text = (version: string) => `FROM ${bench.base}\nENV VERSION=${version}\n`;
    const [a, b, c] = [fresh(), fresh(), fresh()];
    const imageOf = async (version: string) => ((await bench.buildText(text(version))) as { image: string }).image;
    const first = await imageOf(a);
    const second = await imageOf(b);
    expect(await imageOf(a)).toBe(first);
    await imageOf(c);
    expect(await bench.runtime.images.inspect(first)).toBeDefined();
    expect(await bench.runtime.images.inspect(second)).toBeUndefined();
  });
});
