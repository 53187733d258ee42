import { describe, expect, test } from "vitest";
import { BuildsUnderWay } from "../../../src/dev/builds-under-way.ts";

type Outcome = { readonly ok: true; readonly image: string };

/** Fake builds that end when the test ends them, or when they are aborted. */
function setUp() {
  const started: { readonly finish: (image: string) => void; readonly signal: AbortSignal }[] = [];
  const start = (signal: AbortSignal): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      started.push({ finish: (image) => resolve({ ok: true, image }), signal });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const builds = new BuildsUnderWay();
  const ask = (service: string, hash: string, signal = new AbortController().signal) =>
    builds.join({ service, hash, signal }, start);
  const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
  return { builds, started, ask, turn };
}

describe("builds under way", () => {
  test("a second request with the same sources joins the running build; after its end a new build starts", async () => {
    const { started, ask, turn } = setUp();
    const requests = [ask("default/a", "1"), ask("default/a", "1")];
    await turn();
    started[0]?.finish("a:1");
    expect(await Promise.all(requests)).toEqual([
      { ok: true, image: "a:1" },
      { ok: true, image: "a:1" },
    ]);
    void ask("default/a", "1");
    await turn();
    expect(started).toHaveLength(2);
  });

  test("aborting a request leaves the build running for the next request", async () => {
    const { started, ask, turn } = setUp();
    const first = new AbortController();
    const aborted = ask("default/a", "1", first.signal);
    await turn();
    first.abort();
    await expect(aborted).rejects.toThrow();
    const next = ask("default/a", "1");
    await turn();
    started[0]?.finish("a:1");
    expect(await next).toMatchObject({ image: "a:1" });
    expect(started).toHaveLength(1);
  });

  test("different sources cancel the build of that Service, and no other", async () => {
    const { started, ask, turn } = setUp();
    const old = ask("default/a", "1");
    const other = ask("default/b", "1");
    await turn();
    const next = ask("default/a", "2");
    await expect(old).rejects.toThrow();
    await turn();
    expect(started.map(({ signal }) => signal.aborted)).toEqual([true, false, false]);
    started[1]?.finish("b:1");
    started[2]?.finish("a:2");
    expect([await other, await next]).toMatchObject([{ image: "b:1" }, { image: "a:2" }]);
  });

  test("disposing cancels all builds", async () => {
    const { builds, ask, turn } = setUp();
    const running = ask("default/a", "1");
    const rejection = expect(running).rejects.toThrow();
    await turn();
    await builds[Symbol.asyncDispose]();
    await rejection;
    expect(builds.isUnderWay("default/a", "1")).toBe(false);
  });
});
