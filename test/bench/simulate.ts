// Measures simulating 24 h of varying traffic, with one million and one hundred million requests.
import type { LoadTrace } from "../../src/load/load-trace.ts";
import { simulate } from "../../src/simulator/simulation.ts";
import type { Bench, Figure } from "./bench.ts";
import { makePaperService, timed } from "./paper-services.ts";

const DAY_S = 86_400;
const STEP_S = 300;
const SERVICE_MS = 250;
const GOAL_MS = 5000;

function makeDay(requests: number): LoadTrace {
  const count = DAY_S / STEP_S;
  const steps = Array.from({ length: count }, (_, index) => {
    const swell = 1 + Math.sin((index / count) * 2 * Math.PI);
    return { atMs: index * STEP_S * 1000, perSecond: (requests / DAY_S) * swell, durationMs: SERVICE_MS };
  });
  return { kind: "rates", steps: [...steps, { atMs: DAY_S * 1000, perSecond: 0, durationMs: SERVICE_MS }] };
}

function measureDay(requests: number): Figure {
  let simulated = 0;
  const value = timed(() => {
    const result = simulate({ objects: [makePaperService("hello")], load: makeDay(requests) });
    if ("refused" in result) throw new Error(result.refused.join("\n"));
    simulated = result.requests;
  });
  if (Math.abs(simulated / requests - 1) > 0.01) throw new Error(`${simulated} requests instead of ${requests}`);
  const name = `24 h, ${requests.toLocaleString("en")} requests`;
  return { name, value, unit: "ms", goal: `< ${GOAL_MS / 1000} s`, reached: value < GOAL_MS };
}

export const simulateBench: Bench = {
  name: "a simulated day",
  run: () => Promise.resolve({ figures: [1e6, 1e8].map(measureDay) }),
};
