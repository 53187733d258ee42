import { beforeEach, describe, expect, it } from "vitest";
import { IngressProbe, servesVersion } from "../../../../src/control-plane/prober/ingress-probe.ts";
import { makeReply } from "../../../../src/data-plane/http/errors.ts";
import type { RawHeaders } from "../../../../src/data-plane/http/exchange.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const question = (hash: string, ...hosts: string[]) =>
  ({
    ask: "IngressProbe",
    ingress: { kind: "Ingress.networking.internal.knative.dev", namespace: "default", name: "hello" },
    hash,
    hosts,
  }) as const;

describe("servesVersion (I17)", () => {
  it.each([
    ["the hash", makeReply(200, "", ["K-Network-Hash", "h"]), true],
    ["another hash", makeReply(200, "", ["K-Network-Hash", "old"]), false],
    ["200 without a hash", makeReply(200), true],
    ["404", makeReply(404), false],
    ["503", makeReply(503), false],
    ["a redirect", makeReply(301), true],
    ["401", makeReply(401), true],
    ["no response", undefined, false],
  ])("servesVersion decides by the response: %s", (_name, reply, serves) => {
    expect(servesVersion(reply, "h")).toBe(serves);
  });
});

describe("IngressProbe (I17)", () => {
  let clock: ManualClock;
  /** Host → hash of the version that the gateway serves. */
  let served: Record<string, string>;
  let requests: { readonly host: string; readonly headers: RawHeaders; readonly at: number }[];
  let done: { readonly ok: boolean }[];
  let probe: IngressProbe;
  const ready = (answer: { readonly ok: boolean }) => done.push(answer);
  beforeEach(() => {
    clock = new ManualClock();
    served = {};
    requests = [];
    done = [];
    probe = new IngressProbe({
      clock,
      send: async (host, _ingress, headers) => {
        requests.push({ host, headers, at: clock.now() });
        const hash = served[host];
        return hash === undefined ? undefined : makeReply(200, "", ["K-Network-Hash", hash]);
      },
    });
  });

  it("the answer is ok when the gateway serves every host in this version", async () => {
    served = { "a.example": "h", "a.svc": "old" };
    probe.inquire(question("h", "a.example", "a.svc"), ready);
    await clock.advance(10);
    expect(done).toEqual([]);
    served["a.svc"] = "h";
    await clock.advance(1000);
    expect(done).toEqual([{ ok: true }]);
    expect(requests.map(({ host }) => host)).toEqual(["a.example", "a.svc", "a.svc"]);
    expect(clock.pending).toBe(0);
  });

  it("the prober sends the headers of Knative's prober", async () => {
    served = { "a.example": "h" };
    probe.inquire(question("h", "a.example"), ready);
    await clock.advance(0);
    const headers = Object.fromEntries(
      [0, 2, 4].map((at) => requests[0]?.headers.slice(at, at + 2) as [string, string]),
    );
    expect(headers).toEqual({
      "User-Agent": "Knative-Ingress-Probe",
      "K-Network-Probe": "probe",
      "K-Network-Hash": "override",
    });
  });

  it("the prober retries after 50 ms, 100 ms and so on, at most 30 s", async () => {
    probe.inquire(question("h", "a.example"), ready);
    await clock.advance(100_000);
    const waits = requests.map(({ at }, index) => at - (requests[index - 1]?.at ?? 0)).slice(1);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000]);
  });

  it("a question about a newer version of the Ingress replaces the previous question", async () => {
    probe.inquire(question("old", "a.example"), ready);
    await clock.advance(10);
    const later: { readonly ok: boolean }[] = [];
    served = { "a.example": "new" };
    probe.inquire(question("new", "a.example"), (answer) => later.push(answer));
    await clock.advance(100_000);
    expect([done, later]).toEqual([[], [{ ok: true }]]);
    expect(requests).toHaveLength(2);
  });

  it("the prober stops when the Ingress is removed", async () => {
    probe.inquire(question("h", "a.example"), ready);
    await clock.advance(10);
    probe.stop({ namespace: "default", name: "hello" });
    await clock.advance(100_000);
    expect(requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("the answer for an Ingress without hosts is ok without a request", () => {
    probe.inquire(question("h"), ready);
    expect(done).toEqual([{ ok: true }]);
  });
});
