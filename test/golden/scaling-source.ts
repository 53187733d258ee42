// Converts the user input of the autoscaler's golden files into the objects that the code under test reads.
import { parseAutoscalerConfig } from "../../src/apis/config/autoscaler.ts";
import type { AutoscalerConfig } from "../../src/apis/config/types.ts";
import type { Scalable } from "../../src/control-plane/autoscaler/decider-spec.ts";

export interface Source {
  readonly containerConcurrency: number;
  readonly reachability: "" | "Reachable" | "Unreachable";
  readonly annotations: Readonly<Record<string, string>>;
  readonly configMap: Readonly<Record<string, string>>;
}

/** The PodAutoscaler and config-autoscaler of a recorded source. */
export function resolved(source: Source): { readonly pa: Scalable; readonly config: AutoscalerConfig } {
  const config = parseAutoscalerConfig(source.configMap);
  if (!config.ok) throw new Error(`the recorded configuration does not parse: ${config.error}`);
  const { annotations, containerConcurrency, reachability } = source;
  const spec = { containerConcurrency, reachability, scaleTargetRef: {}, protocolType: "http1" as const };
  return { pa: { metadata: { name: "hello-00001", annotations }, spec }, config: config.value };
}

/** Makes a verdict from the differences. */
export function verdictOf(name: string, why: string | undefined) {
  return { name, passed: why === undefined, ...(why !== undefined && { why }) };
}
