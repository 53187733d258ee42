import { beforeEach, describe, expect, it } from "vitest";
import { type IngressAnswer, servesVersion } from "../../../src/control-plane/prober/ingress-attempt.ts";
import { IngressProbe } from "../../../src/control-plane/prober/ingress-probe.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const question = (hash: string, ...hosts: string[]) =>
  ({
    ask: "IngressProbe",
    ingress: { kind: "Ingress.networking.internal.knative.dev", namespace: "default", name: "hello" },
    hash,
    hosts,
  }) as const;

describe("servesVersion (I17)", () => {
  it.each([
    ["the hash", { status: 200, hash: "h" }, true],
    ["another hash", { status: 200, hash: "old" }, false],
    ["200 without a hash", { status: 200, hash: undefined }, true],
    ["404", { status: 404, hash: undefined }, false],
    ["503", { status: 503, hash: undefined }, false],
    ["a redirect", { status: 301, hash: undefined }, true],
    ["401", { status: 401, hash: undefined }, true],
    ["silence", undefined, false],
  ])("%s", (_name, answer, serves) => {
    expect(servesVersion(answer, "h")).toBe(serves);
  });
});

describe("IngressProbe (I17)", () => {
  let clock: ManualClock;
  let answers: Record<string, IngressAnswer | undefined>;
  let asked: { readonly host: string; readonly port: number; readonly at: number }[];
  let atOnce: number;
  let most: number;
  let done: { readonly ok: boolean }[];
  let probe: IngressProbe;
  const ready = (answer: { readonly ok: boolean }) => done.push(answer);
  beforeEach(() => {
    clock = new ManualClock();
    answers = {};
    asked = [];
    done = [];
    atOnce = 0;
    most = 0;
    probe = new IngressProbe({
      clock,
      doorsOf: (host) => [{ host: "127.0.0.1", port: host.endsWith(".svc") ? 81 : 80 }],
      attempt: async (host, door) => {
        asked.push({ host, port: door.port, at: clock.now() });
        atOnce += 1;
        most = Math.max(most, atOnce);
        await Promise.resolve();
        atOnce -= 1;
        return answers[host];
      },
    });
  });

  it("says yes once every host is served in this version at its door", async () => {
    answers = { "a.example": { status: 200, hash: "h" }, "a.svc": { status: 200, hash: "old" } };
    probe.inquire(question("h", "a.example", "a.svc"), ready);
    await clock.advance(10);
    expect(done).toEqual([]);
    answers["a.svc"] = { status: 200, hash: "h" };
    await clock.advance(1000);
    expect(done).toEqual([{ ok: true }]);
    expect(asked.map(({ host, port }) => `${host}:${port}`)).toEqual(["a.example:80", "a.svc:81", "a.svc:81"]);
    expect(clock.pending).toBe(0);
  });

  it("tries again after 50 ms, 100 ms and so on, at most every 30 s", async () => {
    probe.inquire(question("h", "a.example"), ready);
    await clock.advance(100_000);
    const waits = asked.map(({ at }, index) => at - (asked[index - 1]?.at ?? 0)).slice(1);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
  });

  it("lets a newer version of the same Ingress take its place", async () => {
    probe.inquire(question("old", "a.example"), ready);
    await clock.advance(10);
    const later: { readonly ok: boolean }[] = [];
    answers = { "a.example": { status: 200, hash: "new" } };
    probe.inquire(question("new", "a.example"), (answer) => later.push(answer));
    await clock.advance(100_000);
    expect([done, later]).toEqual([[], [{ ok: true }]]);
    expect(asked).toHaveLength(2);
  });

  it("stops when the Ingress is gone", async () => {
    probe.inquire(question("h", "a.example"), ready);
    await clock.advance(10);
    probe.stop("default", "hello");
    await clock.advance(100_000);
    expect(asked).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("asks fifteen at a time", async () => {
    const hosts = Array.from({ length: 40 }, (_, index) => `h${index}.example`);
    answers = Object.fromEntries(hosts.map((host) => [host, { status: 200, hash: "h" }]));
    probe.inquire(question("h", ...hosts), ready);
    await clock.advance(0);
    expect(most).toBe(15);
    expect(done).toEqual([{ ok: true }]);
  });

  it("has nothing to ask about an Ingress without hosts", () => {
    probe.inquire(question("h"), ready);
    expect(done).toEqual([{ ok: true }]);
  });
});
