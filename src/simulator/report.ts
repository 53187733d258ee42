// Makes the result of a simulation from its outcome.
import type { Recorder } from "./recorder.ts";
import { FLOW_STEP_MS } from "./simulated-flow.ts";
import type { RequestCounts } from "./simulated-traffic.ts";
import type { SimulationResult } from "./simulation-result.ts";

export interface SimulationOutcome {
  readonly service: string;
  readonly revision: string;
  readonly flows: boolean;
  /** The revision scales by cpu or memory, which is not simulated. */
  readonly byUsage: boolean;
  /** Of the whole load. */
  readonly expectedRequests: number;
  readonly durationMs: number;
  readonly instanceSeconds: number;
  readonly counts: RequestCounts;
  readonly recorder: Recorder;
}

const USAGE_NOTE = "the HPA class scales by cpu or memory, which is not simulated: only min-scale and max-scale apply.";

export function makeResult(outcome: SimulationOutcome): SimulationResult {
  const { service, revision, flows, durationMs, instanceSeconds, counts, recorder } = outcome;
  return {
    service,
    revision,
    load: flows ? "flows" : "requests",
    notes: [...(flows ? [flowNote(outcome.expectedRequests)] : []), ...(outcome.byUsage ? [USAGE_NOTE] : [])],
    durationMs,
    requests: Math.round(counts.requests),
    coldStarts: recorder.coldStarts,
    coldStarted: Math.round(counts.coldStarted),
    queued: Math.round(counts.queued),
    timedOut: Math.round(counts.timedOut),
    rejected: Math.round(counts.rejected),
    podsStarted: recorder.podsStarted,
    mostReady: recorder.mostReady,
    instanceSeconds: Math.round(instanceSeconds * 10) / 10,
    latencyMs: counts.latency.percentiles(),
    waitingMs: counts.waiting.percentiles(),
    sampleMs: recorder.sampleMs,
    samples: recorder.samples(),
  };
}

function flowNote(requests: number): string {
  const about = Math.round(requests).toLocaleString("en");
  const how = `flows in steps of ${FLOW_STEP_MS} ms, without the random variation of arrivals, which can require one more pod`;
  return `${about} requests are too many to play one by one; they are played as ${how}.`;
}
