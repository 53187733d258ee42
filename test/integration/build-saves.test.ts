// Tests builds of a watched session: saves during a build, failures at their place, and the step that UIs show.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readAccess } from "../../src/cli/session/connect.ts";
import { makeHttpClient } from "../../src/client/http-client.ts";
import type { Live } from "../../src/client/live.ts";
import { type BuildBench, openBuildBench } from "../support/build-bench.ts";
import { removeBuilds } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { get, KnapHome, type RunningKnap, serviceYaml } from "../support/knap.ts";
import { isRunningWith } from "../support/test-folder.ts";

const fresh = (): string => String(Math.random()).slice(2, 9);

describe("a watched session that builds with BuildKit", () => {
  let bench: BuildBench;
  let home: KnapHome;
  let running: RunningKnap;
  let name: string;
  const server = (text: string) =>
    `require("http").createServer((q, s) => s.end(${JSON.stringify(text)})).listen(process.env.PORT);\n`;
  const answer = async () => {
    const ready = await running.until(({ type }) => type === "ready", 60_000);
    return (await get(String(ready["address"]))).text;
  };
  /** The first matching event after the ones that there are now. */
  const next = (from: number, fits: (event: Record<string, unknown>) => boolean) =>
    eventually(() => {
      const found = running.events.slice(from).find(fits);
      if (found === undefined) throw new Error(`not yet:\n${running.stdout}\n${running.stderr}`);
      return found;
    }, 60_000);

  beforeAll(async () => {
    bench = await openBuildBench();
    home = new KnapHome();
    name = bench.service.split("/")[1] as string;
    bench.write({
      "server.js": server("one"),
      "service.yaml": serviceYaml(name),
      "knap.yaml": `services:\n  ${name}:\n    build:\n      secrets: [{ id: token, file: ./token }]\n`,
      Dockerfile: `FROM ${bench.base}\nRUN --mount=type=secret,id=token cat /run/secrets/token; echo ${fresh()}\nCOPY server.js /\nCMD ["/usr/local/bin/node", "/server.js"]\n`,
    });
    running = home.start(
      ["up", "-f", ".", "--ui", "json", "--runtime", "docker", "--container-address", "published"],
      bench.folder,
    );
  });
  afterAll(async () => {
    await running.interrupt();
    await removeBuilds(bench.runtime, home);
    home[Symbol.dispose]();
    await bench[Symbol.asyncDispose]();
  });

  test("a secret file that is missing fails the build at its line, and the build starts again when the file is there", async () => {
    const failed = await running.until(({ type, phase }) => type === "build" && phase === "failed", 60_000);
    expect(failed["message"]).toMatch(/^knap\.yaml:4:7: the file of the secret "token" cannot be read: ENOENT/);
    bench.write({ token: "quite-secret\n" });
    const done = await running.until(({ type, phase }) => type === "build" && phase === "done", 60_000);
    expect(done).toMatchObject({ steps: 2, totalMs: expect.any(Number) });
    expect(await eventually(answer, 60_000)).toBe("one");
    expect(running.stdout + running.stderr).not.toContain("quite-secret");
  });

  test("a save during a build ends that build on the engine, and the newest state is served", async () => {
    const mark = `4${fresh()}`;
    const from = running.events.length;
    bench.write({
      Dockerfile: `FROM ${bench.base}\nRUN sleep ${mark}\nCOPY server.js /\nCMD ["/usr/local/bin/node", "/server.js"]\n`,
    });
    await eventually(() => expect(isRunningWith(`sleep\0${mark}`)).toBe(true), 60_000);
    expect((await liveOf(home)).builds).toEqual({ [bench.service]: `[2/3] RUN sleep ${mark}` });
    bench.write({
      "server.js": server("two"),
      Dockerfile: `FROM ${bench.base}\nCOPY server.js /\nCMD ["/usr/local/bin/node", "/server.js"]\n`,
    });
    await eventually(() => expect(isRunningWith(`sleep\0${mark}`)).toBe(false), 30_000);
    await next(from, ({ type, phase }) => type === "build" && phase === "done");
    await eventually(async () => expect(await answer()).toBe("two"), 60_000);
    expect(running.events.filter(({ type, phase }) => type === "build" && phase === "done")).toHaveLength(2);
  });

  test("a build that gives the present image again takes away the synced files, in the same revision", async () => {
    const revisions = async () => (await home.run(["get", "revision"], bench.folder)).stdout;
    const before = (await revisions()).split("\n").length;
    // The inferred rule syncs the file, also its old content.
    for (const text of ["three", "two"]) {
      bench.write({ "server.js": server(text) });
      await eventually(async () => expect(await answer()).toBe(text), 60_000);
    }
    expect(await revisions()).toMatch(/ DIRTY\n/);
    const from = running.events.length;
    bench.write({
      Dockerfile: `# Changes nothing.\nFROM ${bench.base}\nCOPY server.js /\nCMD ["/usr/local/bin/node", "/server.js"]\n`,
    });
    await next(from, ({ type, phase }) => type === "build" && phase === "done");
    await eventually(async () => expect(await revisions()).not.toContain("DIRTY"), 30_000);
    await eventually(async () => expect(await answer()).toBe("two"), 60_000);
    expect((await revisions()).split("\n")).toHaveLength(before);
  });

  test("a failing step names the line of the Dockerfile, and the old revision keeps answering", async () => {
    const from = running.events.length;
    bench.write({ Dockerfile: `FROM ${bench.base}\nENV A=1\nRUN echo why it broke && \\\n  exit 5\n` });
    const failed = await next(from, ({ type, phase }) => type === "build" && phase === "failed");
    expect(failed["message"]).toMatch(/\/Dockerfile:3: .*exit code: 5[\s\S]*why it broke/);
    expect(await answer()).toBe("two");
  });
});

/** The live report of the only session, as a UI of another process gets it. */
async function liveOf(home: KnapHome): Promise<Live> {
  const folder = join(home.folder, "knap", home.sessions()[0] as string);
  const client = makeHttpClient(readAccess(JSON.parse(readFileSync(join(folder, "session.json"), "utf8")), folder));
  return client.knap<Live>("GET", "/live");
}
