// Decides on which events a fault acts. Pure.
import { randomAt } from "../../base/seeded-random.ts";
import type { FaultSpec } from "./fault.ts";

/** Returns true if the fault acts on its n-th event, from 0. Other faults and other pods do not change the result. */
export function actsOn({ seed, percent }: Pick<FaultSpec, "seed" | "percent">, n: number): boolean {
  return randomAt(seed, n) * 100 < percent;
}
