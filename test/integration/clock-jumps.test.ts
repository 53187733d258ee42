// The machine's clock is set a day forward and two days back under a session that serves: it says so, answers, naps and wakes as if nothing had been.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { testAppPath } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { get, KnapHome, type RunningKnap } from "../support/knap.ts";

/** Debian's libfaketime, which shows one process another clock. */
const faketime = `/usr/lib/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu/faketime/libfaketimeMT.so.1`;
const DAY_S = 86_400;

describe.skipIf(!existsSync(faketime))("a machine's clock that is set (needs libfaketime)", () => {
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

  const project = (): string => {
    const folder = join(home.folder, "project");
    mkdirSync(folder);
    const service = {
      apiVersion: "serving.knative.dev/v1",
      kind: "Service",
      metadata: { name: "dozer" },
      spec: {
        template: {
          metadata: { annotations: { "autoscaling.knative.dev/window": "6s" } },
          spec: { containers: [{ image: "dozer" }] },
        },
      },
    };
    writeFileSync(join(folder, "service.yaml"), JSON.stringify(service));
    const command = [process.execPath, testAppPath];
    writeFileSync(join(folder, "knap.yaml"), JSON.stringify({ services: { dozer: { command } } }));
    return folder;
  };

  test("is told of, and pods nap and wake as ever", async () => {
    knap = home.start(["up", "--runtime", "process", "--ui", "json", "--no-watch"], project());
    const { url } = (await knap.until(({ type }) => type === "ready")) as unknown as { url: string };
    const answers = async (): Promise<void> =>
      expect(await get(url)).toEqual({ status: 200, text: "hello from dozer-00001\n" });
    const asleep = (): Promise<void> =>
      eventually(
        async () => {
          const { stdout } = await home.run(["get", "pods", "-o", "json"]);
          expect((JSON.parse(stdout) as { items: unknown[] }).items).toEqual([]);
        },
        60_000,
        500,
      );
    const told = (text: string) => knap?.until((each) => String(each["message"]).includes(text));

    await answers();
    setClock(DAY_S);
    await told("the machine's clock went forward by 24h0m0s");
    await asleep();
    await answers();
    setClock(-DAY_S);
    await told("the machine's clock was set back by 48h0m0s");
    await answers();
    await asleep();
    await answers();
    setClock(0);
    await answers();

    const { code, stderr } = await knap.interrupt();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});
