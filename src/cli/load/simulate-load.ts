// Simulates the load that was just sent, with the times that were measured, to show both scales over each other.

import { SYSTEM_NAMESPACE } from "../../apis/config/serving-config.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { Service } from "../../apis/serving/types.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import type { LoadTrace } from "../../load/load-trace.ts";
import { simulate } from "../../simulator/simulation.ts";
import type { SimulationResult } from "../../simulator/simulation-result.ts";
import { CliError } from "../cli-error.ts";

/** `durationMs`: how long a request of a rate or a shape takes in its container. */
export async function simulateLoad(
  client: Client,
  { metadata, spec, apiVersion, kind }: Stored<Service>,
  load: LoadTrace,
  { durationMs, seed }: { readonly durationMs: number; readonly seed: number },
): Promise<SimulationResult> {
  const { name, namespace, annotations = {}, labels = {} } = metadata;
  const [maps, { podStarts }] = await Promise.all([
    client.list("ConfigMap", { namespace: SYSTEM_NAMESPACE }),
    client.knap<Live>("GET", "/live"),
  ]);
  const result = simulate({
    // Without its traffic, which may name revisions that the simulation does not have.
    objects: [
      { apiVersion, kind, metadata: { name, namespace, annotations, labels }, spec: { template: spec.template } },
    ],
    configMaps: new Map(maps.items.map((map) => [map.metadata.name, map.data ?? {}])),
    load: withDuration(load, durationMs),
    startUpMs: podStarts.at(-1)?.totalMs,
    seed,
  });
  if ("refused" in result)
    throw new CliError({
      code: "NOT_POSSIBLE",
      what: "the load cannot be simulated",
      why: result.refused.join("\n"),
    });
  return result;
}

/** A rate or a shape does not say how long its requests take. */
function withDuration(load: LoadTrace, durationMs: number): LoadTrace {
  if (load.kind === "arrivals" || load.steps.some((step) => step.durationMs > 0)) return load;
  return { kind: "rates", steps: load.steps.map((step) => ({ ...step, durationMs })) };
}
