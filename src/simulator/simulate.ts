// `knap simulate`: a Service under a load, on virtual time. The planners, the autoscaler, the activator's throttler, the queue-proxies' breakers and
// all accounting are the emulator's own; only containers and sockets are paper.
import type { SimulateOptions } from "./simulate-options.ts";
import { Simulation } from "./simulation.ts";
import type { SimulationResult } from "./simulation-result.ts";

/** Plays the load from the moment the Service is ready until its pods are gone again; `refused` says why it could not begin. */
export function simulate(options: SimulateOptions): SimulationResult | { readonly refused: readonly string[] } {
  using simulation = new Simulation(options);
  const refused = simulation.prepare();
  return refused.length > 0 ? { refused } : simulation.run();
}
