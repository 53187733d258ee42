import { describe, expect, test } from "vitest";
import { makeConcurrencyLimit } from "../../../../src/node/kubelet/concurrency-limit.ts";

describe("the concurrency limit", () => {
  test("the limit never runs more operations than allowed, and runs all of them even if some fail", async () => {
    const limit = makeConcurrencyLimit(2);
    let running = 0;
    let most = 0;
    const work = async (fails: boolean) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (fails) throw new Error("no");
      return "done";
    };
    const results = await Promise.allSettled(Array.from({ length: 9 }, (_, i) => limit(() => work(i % 3 === 0))));
    expect(results.map(({ status }) => status).filter((status) => status === "rejected").length).toBe(3);
    expect(most).toBe(2);
    expect(running).toBe(0);
  });
});
