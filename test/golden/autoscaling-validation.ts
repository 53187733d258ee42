// Golden suite for autoscaling-validation.json: autoscaling annotations, and parsing of config-autoscaler.
import { validateAutoscalingAnnotations } from "../../src/apis/autoscaling/annotation-validation.ts";
import { parseAutoscalerConfig } from "../../src/apis/config/autoscaler.ts";
import type { AutoscalerConfig } from "../../src/apis/config/types.ts";
import { findingsText, via } from "../../src/apis/meta/field-error.ts";
import type { StringMap } from "../../src/apis/meta/object.ts";
import type { Suite, Verdict } from "./case.ts";

interface Case {
  readonly id: string;
  readonly kind: "annotations" | "configMap";
  readonly configMap: StringMap;
  readonly annotations?: StringMap;
  readonly error: string;
  readonly parsed?: Readonly<Record<string, unknown>>;
}

export const autoscalingValidationSuite: Suite = (file) =>
  (file as { cases: readonly Case[] }).cases.map((item): Verdict => {
    const why = item.kind === "annotations" ? runAnnotations(item) : runConfigMap(item);
    return why === undefined ? { name: item.id, passed: true } : { name: item.id, passed: false, why };
  });

function runAnnotations(item: Case): string | undefined {
  const config = parseAutoscalerConfig(item.configMap);
  if (!config.ok) return config.error;
  const findings = validateAutoscalingAnnotations(item.annotations ?? {}, config.value);
  return differs(findingsText(via("spec.template.metadata.annotations", findings)), item.error);
}

function runConfigMap(item: Case): string | undefined {
  const config = parseAutoscalerConfig(item.configMap);
  const error = differs(config.ok ? "" : config.error, item.error);
  if (error !== undefined || !config.ok) return error;
  return differs(byKey(config.value), item.parsed);
}

function byKey(config: AutoscalerConfig): Readonly<Record<string, unknown>> {
  return {
    "activator-capacity": config.activatorCapacity,
    "allow-zero-initial-scale": config.allowZeroInitialScale,
    "container-concurrency-target-default": config.containerConcurrencyTargetDefault,
    "container-concurrency-target-percentage": config.containerConcurrencyTargetFraction,
    "enable-scale-to-zero": config.enableScaleToZero,
    "initial-scale": config.initialScale,
    "max-scale": config.maxScale,
    "max-scale-down-rate": config.maxScaleDownRate,
    "max-scale-limit": config.maxScaleLimit,
    "max-scale-up-rate": config.maxScaleUpRate,
    "min-scale": config.minScale,
    "panic-threshold-percentage": config.panicThresholdPercentage,
    "panic-window-percentage": config.panicWindowPercentage,
    "pod-autoscaler-class": config.podAutoscalerClass,
    "requests-per-second-target-default": config.requestsPerSecondTargetDefault,
    "scale-down-delay": config.scaleDownDelayMs,
    "scale-to-zero-grace-period": config.scaleToZeroGracePeriodMs,
    "scale-to-zero-pod-retention-period": config.scaleToZeroPodRetentionPeriodMs,
    "stable-window": config.stableWindowMs,
    "target-burst-capacity": config.targetBurstCapacity,
  };
}

function differs(got: unknown, want: unknown): string | undefined {
  const [a, b] = [JSON.stringify(got), JSON.stringify(want)];
  return a === b ? undefined : `got  ${a}\n  want ${b}`;
}
