import { describe, expect, test } from "vitest";
import { makeRandom } from "../../../src/base/seeded-random.ts";
import { arrivalsOf, type LoadTrace, parseLoadTrace, requestsOf, traceEndMs } from "../../../src/load/load-trace.ts";

const rates = (text: string): LoadTrace => {
  const trace = parseLoadTrace(text);
  if ("problems" in trace) throw new Error(JSON.stringify(trace.problems));
  return trace;
};

describe("a load trace", () => {
  test("a load trace contains rates if it has three columns or a rate in its header", () => {
    expect(rates("# morning\ntime,rps,duration\n0, 10, 0.2\n1m, 0, 250ms\n")).toEqual({
      kind: "rates",
      steps: [
        { atMs: 0, perSecond: 10, durationMs: 200 },
        { atMs: 60_000, perSecond: 0, durationMs: 250 },
      ],
    });
    expect(rates("0,1,0.1\n5,0,0.1").kind).toBe("rates");
    expect(rates("time,rps\n0,1\n5,0")).toMatchObject({ steps: [{ durationMs: 100 }, {}] });
  });

  test("a load trace without rates contains single requests", () => {
    expect(rates("time,duration\n0.5,2\n1.25,500ms")).toEqual({
      kind: "arrivals",
      arrivals: [
        { atMs: 500, durationMs: 2000 },
        { atMs: 1250, durationMs: 500 },
      ],
    });
    expect(rates("0\n1\n1").kind).toBe("arrivals");
  });

  test("every malformed line of a load trace is reported", () => {
    expect(parseLoadTrace("time,rps,duration\n0,ten,0.1\n5,1,1\n4,1,-2\n")).toEqual({
      problems: [
        { line: 2, message: 'rate "ten" is not a number of at least 0' },
        { line: 4, message: "the time is before that of the previous line" },
        { line: 4, message: 'duration "-2" is not a number of at least 0' },
      ],
    });
    expect(parseLoadTrace("\n# nothing\n")).toEqual({ problems: [{ line: 1, message: "the file contains no load" }] });
  });

  test("a load trace has as many requests as its rates give, and about as many arrivals", () => {
    const trace = rates("0,100,0.1\n50,20,0.1\n100,0,0.1");
    expect(requestsOf(trace)).toBe(6000);
    expect(traceEndMs(trace)).toBe(100_000);
    const arrivals = [...arrivalsOf(trace, makeRandom(7))];
    expect(arrivals.length).toBeGreaterThan(5700);
    expect(arrivals.length).toBeLessThan(6300);
    expect(arrivals.every(({ atMs }, index) => index === 0 || atMs >= (arrivals[index - 1]?.atMs ?? 0))).toBe(true);
  });
});
