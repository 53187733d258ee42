// When the last pod of a revision would go if no further request came. A forecast for people, from the same rules that decide; it decides nothing.
import type { Time } from "../../base/clock.ts";
import { DECIDE_EVERY_MS } from "./periods.ts";
import { BUCKET_MS } from "./window.ts";

export interface ForecastInput {
  readonly now: Time;
  /** The last second that held a request; absent: none is known. */
  readonly lastBusy: Time | undefined;
  readonly deciderCreatedAt: Time;
  readonly stableWindowMs: number;
  readonly scaleDownDelayMs: number;
  readonly maxScaleDownRate: number;
  readonly readyPods: number;
  /** Absent: not panicking. */
  readonly panicTime: Time | undefined;
  /** When the PodAutoscaler became active. */
  readonly activeSince: Time;
  readonly graceMs: number;
  readonly retentionMs: number;
  /** Since when the activator has been in the path; absent: it is not. */
  readonly proxiedSince: Time | undefined;
}

/** The instant, give or take a decision's period and the time pods take to stop. */
export function forecastZero(input: ForecastInput): Time {
  const busySecond = Math.floor((input.lastBusy ?? input.now) / BUCKET_MS) * BUCKET_MS;
  const empty = busySecond + input.stableWindowMs;
  const calm = input.panicTime === undefined ? empty : Math.max(empty, input.panicTime + input.stableWindowMs + 1);
  const decided = nextDecision(input, Math.max(calm, input.now)) + stepsDown(input) * DECIDE_EVERY_MS;
  const undelayed = decided + input.scaleDownDelayMs;
  const inactive = Math.max(undelayed, input.activeSince + input.stableWindowMs);
  const proxied = (input.proxiedSince ?? inactive) + input.graceMs;
  const graced = inactive + Math.max(input.graceMs, input.retentionMs);
  return Math.max(inactive + input.retentionMs, Math.min(graced, proxied));
}

function nextDecision({ deciderCreatedAt }: ForecastInput, from: Time): Time {
  return deciderCreatedAt + Math.ceil((from - deciderCreatedAt) / DECIDE_EVERY_MS) * DECIDE_EVERY_MS;
}

/** Decisions that only halve (or whatever the rate is) before the one that says zero. */
function stepsDown({ readyPods, maxScaleDownRate }: ForecastInput): number {
  let steps = 0;
  for (let pods = Math.floor(readyPods / maxScaleDownRate); pods > 0; pods = Math.floor(pods / maxScaleDownRate))
    steps += 1;
  return steps;
}
