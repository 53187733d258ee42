// Explains the scale of a revision of the HPA class in one sentence: measured value, target and rule.
import { scalingText } from "../../apis/autoscaling/annotations.ts";
import type { PodAutoscaler } from "../../apis/autoscaling/types.ts";
import type { HpaView } from "./autoscaler.ts";
import { durationText } from "./duration-text.ts";
import type { ExplainObjects } from "./explain-objects.ts";
import { DEFAULT_DOWN_WINDOW_MS, HPA_PERIOD_MS } from "./hpa-decision.ts";

const MEBIBYTE = 2 ** 20;

/** Returns, for example, "stays at 3: max-scale 3; cpu at 93 % of what its pods request, target 50 %, needs 6". */
export function reasonOfHpa({ hpa, replicas = 1 }: ExplainObjects, pa: PodAutoscaler): string {
  const stays = replicas === 0 ? "is at zero" : `stays at ${replicas}`;
  if (!hpa) return `${stays}: nothing is decided yet; the HPA class evaluates every ${durationText(HPA_PERIOD_MS)}`;
  const { last } = hpa;
  // The sentence names the number of pods that the evaluation measured, if the evaluation changed it.
  const from = last.current === replicas || last.replicas !== replicas ? "" : `, from ${last.current}`;
  return `${stays}: ${wordsOf(last, pa)}${from}`;
}

function wordsOf(last: HpaView["last"], pa: PodAutoscaler): string {
  const { rule, spec, resource } = last;
  if (resource === undefined) {
    const metric = scalingText(pa.metadata.annotations, "metric") ?? "";
    return `knap does not measure the metric "${metric}", so only min-scale and max-scale apply`;
  }
  const bound = rule === "min-scale" ? ` ${spec.min}` : rule === "max-scale" ? ` ${spec.max}` : "";
  switch (rule) {
    case "scaling-disabled":
      return "the HPA class does not change a scale of zero";
    case "no-metric":
      return `${resource} cannot be used: ${last.error}`;
    case "min-scale":
    case "max-scale":
      return last.measured === undefined ? `${rule}${bound}` : `${rule}${bound}; ${measuredText(last)}`;
    case "scale-up-limit":
      return `at most four pods, or as many as exist, are added in ${durationText(HPA_PERIOD_MS)}; ${measuredText(last)}`;
    case "scale-up-stabilized":
      return `the stabilization window for scaling up is ${durationText(spec.windowMs ?? 0)}; ${measuredText(last)}`;
    case "scale-down-stabilized":
      return `the stabilization window for scaling down is ${durationText(spec.windowMs ?? DEFAULT_DOWN_WINDOW_MS)}; ${measuredText(last)}`;
    case "metric":
      return measuredText(last);
  }
}

function measuredText({ resource, spec, measured = 0, wanted = 0, replicas }: HpaView["last"]): string {
  const need = wanted === replicas ? "" : `, needs ${wanted}`;
  if (spec.target.kind === "utilization")
    return `${resource} at ${measured} % of what its pods request, target ${spec.target.value} %${need}`;
  return `${resource} at ${Math.round(measured / MEBIBYTE)} MiB a pod, target ${spec.target.value / MEBIBYTE} MiB${need}`;
}
