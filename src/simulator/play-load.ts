// Sends a load to a simulated cluster, as single requests or as flows, and then waits until the pods are gone.
import type { Time } from "../base/clock.ts";
import { arrivalsOf, type LoadTrace, traceEndMs } from "../load/load-trace.ts";
import type { SimulatedCluster } from "./simulated-cluster.ts";
import { FLOW_STEP_MS, SimulatedFlow } from "./simulated-flow.ts";
import type { SimulatedRequests } from "./simulated-requests.ts";

export interface LoadRun {
  readonly cluster: SimulatedCluster;
  readonly load: LoadTrace;
  /** When the load begins. */
  readonly start: Time;
}

export function playRequests(
  { cluster, load, start }: LoadRun,
  traffic: SimulatedRequests,
  random: () => number,
): void {
  for (const { atMs, durationMs } of arrivalsOf(load, random)) {
    cluster.advanceTo(start + atMs);
    traffic.arrive(durationMs);
  }
  cluster.advanceTo(start + traceEndMs(load));
}

export function playFlow({ cluster, load, start }: LoadRun, traffic: SimulatedFlow): void {
  const steps = load.kind === "rates" ? load.steps : [];
  for (const [index, { atMs, perSecond, durationMs }] of steps.entries()) {
    const until = start + (steps[index + 1]?.atMs ?? atMs);
    let now = Math.max(cluster.clock.now(), start + atMs);
    // Without requests, skip to the next load step.
    while (now < until && (perSecond > 0 || traffic.inFlight > 0)) {
      now += FLOW_STEP_MS;
      cluster.advanceTo(now);
      traffic.step(now, perSecond, durationMs);
    }
    cluster.advanceTo(until);
  }
}

/** Advances time until all requests have ended, and the pods are gone or got no request for `quietMs`. */
export function awaitScaleDown(
  { cluster, load }: LoadRun,
  traffic: SimulatedFlow | SimulatedRequests,
  quietMs: number,
): void {
  const lastDurationMs = load.kind === "rates" ? (load.steps.at(-1)?.durationMs ?? 0) : 0;
  let lastBusy = cluster.clock.now();
  while (cluster.clock.now() - lastBusy < quietMs) {
    const now = cluster.clock.now() + FLOW_STEP_MS;
    cluster.advanceTo(now);
    if (traffic instanceof SimulatedFlow) traffic.step(now, 0, lastDurationMs);
    if (traffic.inFlight > 0) lastBusy = now;
    else if (cluster.node.size === 0) return;
  }
}
