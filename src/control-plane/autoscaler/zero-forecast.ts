// Estimates when the last pod of a revision stops if no further request comes.
import type { Time } from "../../base/clock.ts";
import { DECIDE_EVERY_MS } from "./periods.ts";
import { BUCKET_MS } from "./window.ts";

export interface ForecastInput {
  readonly now: Time;
  /** The last second with a request; undefined: none is known. */
  readonly lastBusy: Time | undefined;
  readonly deciderCreatedAt: Time;
  readonly stableWindowMs: number;
  readonly scaleDownDelayMs: number;
  readonly maxScaleDownRate: number;
  readonly readyPods: number;
  /** undefined: not panicking. */
  readonly panicTime: Time | undefined;
  /** When the PodAutoscaler became active. */
  readonly activeSince: Time;
  readonly graceMs: number;
  readonly retentionMs: number;
  /** When the activator entered the request path; undefined: the activator is not in the path. */
  readonly proxiedSince: Time | undefined;
}

/** Returns the time of scale to zero. The error is at most one decision period plus the time that pods take to stop. */
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

/** Returns how many decisions max-scale-down-rate needs to reach zero. */
function stepsDown({ readyPods, maxScaleDownRate }: ForecastInput): number {
  let steps = 0;
  for (let pods = Math.floor(readyPods / maxScaleDownRate); pods > 0; pods = Math.floor(pods / maxScaleDownRate))
    steps += 1;
  return steps;
}
