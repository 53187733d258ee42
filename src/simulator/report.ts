// Makes the result of a simulation from what was counted. Pure.
import type { Histogram } from "./histogram.ts";
import { FLOW_STEP_MS } from "./paper-flow.ts";
import type { Tally } from "./paper-traffic.ts";
import type { Recorder } from "./recorder.ts";
import type { Percentiles, SimulationResult } from "./simulation-result.ts";

export interface Counted {
  readonly service: string;
  readonly revision: string;
  readonly flows: boolean;
  /** Its pods follow the use of cpu or memory, of which paper has none. */
  readonly byUsage: boolean;
  /** What the load means in all. */
  readonly expectedRequests: number;
  readonly durationMs: number;
  readonly instanceSeconds: number;
  readonly tally: Tally;
  readonly recorder: Recorder;
}

const USAGE_NOTE =
  "the HPA class follows the use of cpu or memory, which is not simulated: only min-scale and max-scale hold.";

export function makeResult(counted: Counted): SimulationResult {
  const { service, revision, flows, durationMs, instanceSeconds, tally, recorder } = counted;
  return {
    service,
    revision,
    load: flows ? "flows" : "requests",
    notes: [...(flows ? [flowNote(counted.expectedRequests)] : []), ...(counted.byUsage ? [USAGE_NOTE] : [])],
    durationMs,
    requests: Math.round(tally.requests),
    coldStarts: recorder.coldStarts,
    coldStarted: Math.round(tally.coldStarted),
    queued: Math.round(tally.queued),
    timedOut: Math.round(tally.timedOut),
    rejected: Math.round(tally.rejected),
    podsStarted: recorder.podsStarted,
    mostReady: recorder.mostReady,
    instanceSeconds: Math.round(instanceSeconds * 10) / 10,
    latencyMs: percentilesOf(tally.latency),
    waitingMs: percentilesOf(tally.waiting),
    sampleMs: recorder.sampleMs,
    samples: recorder.samples(),
  };
}

function flowNote(requests: number): string {
  const about = Math.round(requests).toLocaleString("en");
  const how = `they are flows in steps of ${FLOW_STEP_MS} ms, without the noise of single arrivals, which alone can ask for a pod more`;
  return `${about} requests are too many to play one by one: ${how}.`;
}

function percentilesOf(histogram: Histogram): Percentiles {
  const at = (share: number): number => tenth(histogram.percentile(share));
  return {
    mean: tenth(histogram.mean),
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: tenth(histogram.largest),
  };
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
