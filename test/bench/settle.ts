// Measures settling of 100 and 1,000 Services, and their processor time afterwards. The cost must grow almost linearly.
import type { Bench, Figure } from "./bench.ts";
import { type ManyServices, measureServices } from "./paper-services.ts";

const FEW = 100;
const MANY = 1000;
const LINEAR = 13;
const SETTLE_GOAL_MS = 3000;
const MEGABYTE = 1e6;

function figuresOf(what: string, few: ManyServices, many: ManyServices): readonly Figure[] {
  const growth = (name: string, value: number): Figure => ({
    name: `${name}, ${FEW} to ${MANY} ${what}`,
    value,
    unit: "×",
    goal: `≤ ${LINEAR} ×`,
    reached: value <= LINEAR,
  });
  return [
    { name: `settle ${FEW} Services ${what}`, value: few.settleMs, unit: "ms" },
    {
      name: `settle ${MANY} Services ${what}`,
      value: many.settleMs,
      unit: "ms",
      goal: `< ${SETTLE_GOAL_MS / 1000} s`,
      reached: many.settleMs < SETTLE_GOAL_MS,
    },
    growth("growth of settling", many.settleMs / few.settleMs),
    { name: `heap of ${MANY} Services ${what}`, value: many.heapBytes / MEGABYTE, unit: "MB" },
    { name: `a second of ${FEW} revisions ${what}`, value: few.secondMs, unit: "ms" },
    { name: `a second of ${MANY} revisions ${what}`, value: many.secondMs, unit: "ms" },
    growth("growth of a second", many.secondMs / few.secondMs),
  ];
}

export const settleBench: Bench = {
  name: "many Services: planners, admission and autoscaler on virtual time",
  run: () => {
    // The first run is slower because code is compiled.
    measureServices(FEW, 1);
    const figures = ([0, 1] as const).flatMap((pods) =>
      figuresOf(pods === 0 ? "at zero" : "of one pod", measureServices(FEW, pods), measureServices(MANY, pods)),
    );
    return Promise.resolve({ figures });
  },
};
