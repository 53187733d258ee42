// Sets the machine's clock a day forward and two days back while a session serves. The session reports each change and
// keeps working.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Pod } from "../../src/apis/core/types.ts";
import { testAppPath } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { get, KnapHome, type RunningKnap } from "../support/knap.ts";

/** Debian's libfaketime sets another clock for one process. */
const faketime = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/faketime/libfaketimeMT.so.1`;
const DAY_S = 86_400;

describe.skipIf(!existsSync(faketime))("a change of the machine's clock (needs libfaketime)", () => {
  let home: KnapHome;
  let offset: string;
  let knap: RunningKnap | undefined;
  beforeEach(() => {
    home = new KnapHome();
    offset = join(home.folder, "offset");
    setClock(0);
    Object.assign(home.env, {
      LD_PRELOAD: faketime,
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    });
  });
  afterEach(async () => {
    await knap?.interrupt();
    home[Symbol.dispose]();
  });
  const setClock = (seconds: number): void => writeFileSync(offset, `${seconds < 0 ? "" : "+"}${seconds}`);

  /** Writes a project whose Service has a stable window of 6 s and runs `command`. */
  const project = (name: string, command: readonly string[]): string => {
    const folder = join(home.folder, name);
    mkdirSync(folder);
    const annotations = { "autoscaling.knative.dev/window": "6s" };
    const service = {
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata: { name },
      spec: { template: { metadata: { annotations }, spec: { containers: [{ image: name }] } } },
    };
    writeFileSync(join(folder, "service.yaml"), JSON.stringify(service));
    writeFileSync(join(folder, "knap.yaml"), JSON.stringify({ services: { [name]: { command } } }));
    return folder;
  };
  const app = [process.execPath, testAppPath];
  const up = (folder: string): RunningKnap =>
    home.start(["up", "--runtime", "process", "--ui", "json", "--no-watch"], folder);

  const pods = async (): Promise<readonly Pod[]> => {
    const { stdout } = await home.run(["get", "pods", "-o", "json"]);
    return (JSON.parse(stdout) as { items: Pod[] }).items;
  };

  test("the session reports a change of the machine's clock, and pods nap and wake as before", async () => {
    knap = up(project("dozer", app));
    const { url } = (await knap.until(({ type }) => type === "ready")) as unknown as { url: string };
    const expectAnswer = async (): Promise<void> =>
      expect(await get(url)).toEqual({ status: 200, text: "hello from dozer-00001\n" });
    const expectNoPods = (): Promise<void> => eventually(async () => expect(await pods()).toEqual([]), 60_000, 500);
    const reported = (text: string) => knap?.until((each) => String(each["message"]).includes(text));

    await expectAnswer();
    setClock(DAY_S);
    await reported("the machine's clock went forward by 24h0m0s");
    await expectNoPods();
    await expectAnswer();
    setClock(-DAY_S);
    await reported("the machine's clock was set back by 48h0m0s");
    await expectAnswer();
    await expectNoPods();
    await expectAnswer();
    setClock(0);
    await expectAnswer();

    const { code, stderr } = await knap.interrupt();
    const unexpected = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("securityContext: "));
    expect({ code, unexpected }).toEqual({ code: 0, unexpected: [] });
  });

  test("a clock change beyond the progress deadline does not fail a starting pod", async () => {
    knap = up(project("late", ["sh", "-c", `sleep 6; exec ${app.join(" ")}`]));
    await eventually(async () => expect((await pods())[0]?.status?.phase).toBe("Running"));
    setClock(DAY_S);
    await knap.until((each) => String(each["message"]).includes("went forward by 24h0m0s"));
    const { url } = (await knap.until(({ type }) => type === "ready")) as unknown as { url: string };
    expect(await get(url)).toEqual({ status: 200, text: "hello from late-00001\n" });
    expect(knap.events.filter(({ type }) => type === "failed")).toEqual([]);
  });
});
