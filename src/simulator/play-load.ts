// Puts a load on paper pods, in time: request by request or as flows, and what follows until all is over. It decides nothing.
import type { Time } from "../base/clock.ts";
import { arrivalsOf, type LoadTrace, traceEndMs } from "./load-trace.ts";
import type { PaperCluster } from "./paper-cluster.ts";
import { FLOW_STEP_MS, PaperFlow } from "./paper-flow.ts";
import type { PaperRequests } from "./paper-requests.ts";

export interface Play {
  readonly cluster: PaperCluster;
  readonly load: LoadTrace;
  /** When the load begins. */
  readonly start: Time;
}

/** Every request by itself. */
export function playRequests({ cluster, load, start }: Play, traffic: PaperRequests, random: () => number): void {
  for (const { atMs, durationMs } of arrivalsOf(load, random)) {
    cluster.advanceTo(start + atMs);
    traffic.arrive(durationMs);
  }
  cluster.advanceTo(start + traceEndMs(load));
}

/** So much in each step of time. */
export function playFlow({ cluster, load, start }: Play, traffic: PaperFlow): void {
  const steps = load.kind === "rates" ? load.steps : [];
  for (const [index, { atMs, perSecond, durationMs }] of steps.entries()) {
    const until = start + (steps[index + 1]?.atMs ?? atMs);
    let now = Math.max(cluster.clock.now(), start + atMs);
    // Nothing comes and nothing is left: time may pass as it likes.
    while (now < until && (perSecond > 0 || traffic.inFlight > 0)) {
      now += FLOW_STEP_MS;
      cluster.advanceTo(now);
      traffic.step(now, perSecond, durationMs);
    }
    cluster.advanceTo(until);
  }
}

/** On until every request is over and the pods are gone, or have stayed for `quietMs` without a request. */
export function windDown({ cluster, load }: Play, traffic: PaperFlow | PaperRequests, quietMs: number): void {
  const lastDurationMs = load.kind === "rates" ? (load.steps.at(-1)?.durationMs ?? 0) : 0;
  let lastBusy = cluster.clock.now();
  while (cluster.clock.now() - lastBusy < quietMs) {
    const now = cluster.clock.now() + FLOW_STEP_MS;
    cluster.advanceTo(now);
    if (traffic instanceof PaperFlow) traffic.step(now, 0, lastDurationMs);
    if (traffic.inFlight > 0) lastBusy = now;
    else if (cluster.node.size === 0) return;
  }
}
