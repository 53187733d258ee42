// Tests when a probe is repeated and when its result changes.
import { describe, expect, test } from "vitest";
import { type ProbeAnswer, ProbeLoop } from "../../../../../src/node/kubelet/container/probe-loop.ts";
import { ManualClock } from "../../../../support/manual-clock.ts";

describe("a probe loop", () => {
  const run = async (
    answers: readonly boolean[],
    probe: ConstructorParameters<typeof ProbeLoop>[0]["probe"],
    ms: number,
  ) => {
    const clock = new ManualClock();
    const verdicts: string[] = [];
    let attempts = 0;
    const loop = new ProbeLoop({
      probe,
      clock,
      run: async (): Promise<ProbeAnswer> =>
        answers[Math.min(attempts++, answers.length - 1)] ? { ok: true } : { ok: false, message: "no" },
      onVerdict: ({ ok }) => verdicts.push(`${ok}@${clock.now()}`),
    });
    await clock.advance(ms);
    loop[Symbol.dispose]();
    return { verdicts, attempts };
  };

  test("a probe loop probes once a period after its delay, and changes its result at the thresholds", async () => {
    const probe = { initialDelaySeconds: 5, periodSeconds: 2, failureThreshold: 2, successThreshold: 1 };
    expect(await run([false, true, false, false, true], probe, 14_000)).toEqual({
      verdicts: ["true@7000", "false@11000", "true@13000"],
      attempts: 5,
    });
  });

  test("a probe loop with period 0 repeats at once until it first succeeds, then every 10 s", async () => {
    const { verdicts, attempts } = await run([false, false, false, true], { periodSeconds: 0 }, 20_100);
    expect(verdicts).toEqual(["false@100", "true@150"]);
    expect(attempts).toBe(5);
  });

  test("a probe that throws counts as failed, and the loop continues (11 A1)", async () => {
    const clock = new ManualClock();
    const failures: string[] = [];
    const loop = new ProbeLoop({
      probe: { periodSeconds: 1, failureThreshold: 1 },
      clock,
      run: () => Promise.reject(new Error("broken")),
      onVerdict: () => {},
      onFailure: (message) => failures.push(message),
    });
    await clock.advance(2_500);
    loop[Symbol.dispose]();
    expect(failures).toEqual(["broken", "broken", "broken"]);
  });
});
