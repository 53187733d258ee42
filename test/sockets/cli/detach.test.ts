// Tests `knap up --detach` on processes: it returns when Services are Ready, or with the reason why not.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { get, KnapHome, serviceYaml } from "../../support/knap.ts";

const hello = new URL("../../../examples/hello", import.meta.url).pathname;
let home: KnapHome;
beforeEach(() => {
  home = new KnapHome({ KNAP_RUNTIME: "process" });
});
afterEach(() => home[Symbol.dispose]());

describe("knap up --detach", () => {
  test("it returns when the Service is Ready, serves in the background with a log, and `knap down` ends it", async () => {
    const started = await home.run(["up", "-df", hello]);
    expect(started).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f]{8}\n$/) });
    const [id = ""] = home.sessions();
    expect(started.stdout.trim()).toBe(id);
    const { stdout: url } = await home.run(["get", "ksvc", "hello", "-o", "url"]);
    expect(await get(url.trim())).toMatchObject({ status: 200, text: expect.stringContaining("Hello World!") });
    const log = join(home.folder, "knap", id, "session.log");
    expect(started.stderr).toContain(log);
    expect(started.stderr).toContain(`\`knap down --session ${id}\` ends it`);
    expect(readFileSync(log, "utf8")).toContain("hello is ready");
    const second = await home.run(["up", "-df", hello]);
    expect(second.stderr).toContain(
      `this folder has other sessions too, so name one with --session or KNAP_SESSION: ${id}`,
    );
    expect(await home.run(["down", "--session", second.stdout.trim()])).toMatchObject({ code: 0 });
    expect(await home.run(["down"])).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
    expect(home.sessions()).toEqual([]);
  });

  test("it returns the reason and an exit code if the Service does not become Ready, and leaves nothing", async () => {
    const folder = home.project({
      "service.yaml": serviceYaml("broken"),
      "knap.yaml": `services: { broken: { command: [${JSON.stringify(process.execPath)}, -e, "console.log('no luck'); process.exit(3)"] } }`,
    });
    const failed = await home.run(["up", "-d"], folder);
    expect(failed).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringMatching(/Service broken failed[\s\S]*no luck/),
    });
    expect(home.sessions()).toEqual([]);
  });

  test("it refuses the terminal UI, and errors in files have the exit code of wrong usage", async () => {
    expect(await home.run(["up", "-d", "--ui", "tui"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--detach"),
    });
    const empty = home.project({});
    expect(await home.run(["up", "-d"], empty)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no manifest"),
    });
  });
});
