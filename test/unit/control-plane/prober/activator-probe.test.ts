import { beforeEach, describe, expect, it } from "vitest";
import { ActivatorProbe } from "../../../../src/control-plane/prober/activator-probe.ts";
import type { LocalReply } from "../../../../src/data-plane/http/errors.ts";
import { ManualClock, settled } from "../../../support/manual-clock.ts";

const QUESTION = { ask: "ActivatorProbe", revision: "default/hello-00001" } as const;
const reply = (status: number, body: string): LocalReply => ({ status, body, headers: [] });
const FROM_QUEUE_PROXY = reply(400, "unexpected probe header value: activator\n");

describe("ActivatorProbe (S13, S14, T29)", () => {
  let clock: ManualClock;
  let answer: LocalReply | undefined;
  let sent: { readonly at: number; readonly headers: readonly string[] }[];
  let forgotten: number[];
  let answers: unknown[];
  let probe: ActivatorProbe;
  const done = (given: unknown) => answers.push(given);
  beforeEach(() => {
    clock = new ManualClock();
    sent = [];
    forgotten = [];
    answers = [];
    probe = new ActivatorProbe({
      clock,
      send: (_revision, headers) => {
        sent.push({ at: clock.now(), headers });
        return Promise.resolve(answer);
      },
      forget: () => forgotten.push(clock.now()),
    });
  });

  it("the answer is ok at once if the activator responds, and probing stops", async () => {
    answer = reply(200, "activator");
    probe.inquire(QUESTION, done);
    await clock.advance(60_000);
    expect(answers).toEqual([{ ok: true }]);
    expect(sent).toEqual([
      { at: 0, headers: ["User-Agent", "Knative-Autoscaling-Probe", "K-Network-Probe", "activator"] },
    ]);
  });

  it.each([
    ["a queue-proxy's refusal", FROM_QUEUE_PROXY, 'status 400, body "unexpected probe header value: activator"'],
    ["another body", reply(200, "queue"), 'status 200, body "queue"'],
    ["another status", reply(503, "activator"), 'status 503, body "activator"'],
    ["no response", undefined, "no answer"],
  ])("the answer is not ok for %s, and the error gives the reason", async (_name, given, error) => {
    answer = given;
    probe.inquire(QUESTION, done);
    await settled();
    expect(answers).toEqual([{ ok: false, error }]);
  });

  it("the prober probes once a second until the activator is in the path", async () => {
    answer = FROM_QUEUE_PROXY;
    probe.inquire(QUESTION, done);
    await clock.advance(2500);
    answer = reply(200, "activator");
    await clock.advance(10_000);
    expect(sent.map((one) => one.at)).toEqual([0, 1000, 2000, 3000]);
    expect(answers.at(-1)).toEqual({ ok: true });
    expect(forgotten).toEqual([]);
  });

  it("the prober fails after 45 s and forgets the question a second later", async () => {
    answer = FROM_QUEUE_PROXY;
    probe.inquire(QUESTION, done);
    await clock.advance(120_000);
    expect(sent).toHaveLength(46);
    expect(forgotten).toEqual([46_000]);
    expect(clock.pending).toBe(0);
  });

  it("the prober runs one series of probes per revision, and none after stop", async () => {
    answer = FROM_QUEUE_PROXY;
    probe.inquire(QUESTION, done);
    probe.inquire(QUESTION, done);
    await clock.advance(1000);
    expect(sent.map((one) => one.at)).toEqual([0, 0, 1000]);
    expect(answers).toHaveLength(2);
    probe.stop(QUESTION.revision);
    await clock.advance(60_000);
    expect(sent).toHaveLength(3);
    expect(forgotten).toEqual([]);
  });
});
