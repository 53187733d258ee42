// Builds one revision's autoscaling objects, and an autoscaler on a given clock with statistics that tests set.

import type { Metric, PodAutoscaler, RevisionKey, Stat } from "../../src/apis/autoscaling/types.ts";
import { parseAutoscalerConfig } from "../../src/apis/config/autoscaler.ts";
import type { AutoscalerConfig } from "../../src/apis/config/types.ts";
import type { Pod } from "../../src/apis/core/types.ts";
import type { Clock } from "../../src/base/clock.ts";
import { timeText } from "../../src/base/time.ts";
import { AutoscalerTick } from "../../src/control-plane/autoscaler/tick.ts";
import { makeMetric } from "../../src/control-plane/reconciler/pod-autoscaler/make-children.ts";
import { asStored } from "./store.ts";

export const START = Date.UTC(2000, 0, 1);
export const revision: RevisionKey = "default/hello-00001";

export function autoscalerConfig(data: Readonly<Record<string, string>> = {}): AutoscalerConfig {
  const parsed = parseAutoscalerConfig(data);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** A PodAutoscaler as the revision planner makes it, with defaults. Annotations are given without their prefix. */
export function podAutoscaler(
  annotations: Readonly<Record<string, string>> = {},
  more: Partial<PodAutoscaler> = {},
): PodAutoscaler {
  const prefixed = Object.entries(annotations).map(([name, value]) => [`autoscaling.knative.dev/${name}`, value]);
  return {
    apiVersion: "autoscaling.internal.knative.dev/v1alpha1",
    kind: "PodAutoscaler",
    metadata: {
      name: "hello-00001",
      namespace: "default",
      uid: "pa",
      generation: 1,
      labels: { "serving.knative.dev/configuration": "hello", "serving.knative.dev/revision": "hello-00001" },
      annotations: { "autoscaling.knative.dev/class": "kpa.autoscaling.knative.dev", ...Object.fromEntries(prefixed) },
    },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "hello-00001-deployment" },
      protocolType: "http1",
      reachability: "Reachable",
    },
    status: { serviceName: "hello-00001", metricsServiceName: "hello-00001-private" },
    ...more,
  };
}

export function metricOf(pa: PodAutoscaler, config: AutoscalerConfig): Metric {
  return makeMetric(asStored(pa), config, "hello-00001-private");
}

export function readyPod(name: string, startedAt: number): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { "serving.knative.dev/revision": "hello-00001" } },
    spec: { containers: [] },
    status: { phase: "Running", startTime: timeText(startedAt), conditions: [{ type: "Ready", status: "True" }] },
  };
}

export function stat(concurrency: number, requests = concurrency): Stat {
  return {
    podName: "pod",
    averageConcurrentRequests: concurrency,
    averageProxiedConcurrentRequests: 0,
    requestCount: requests,
    proxiedRequestCount: 0,
    processUptime: 1,
    time: 0,
  };
}

export interface ScalingRig {
  readonly tick: AutoscalerTick;
  /** Each published scale, as `ms after START: scale`. */
  readonly advised: string[];
  /** The statistics that each pod and the activator report from now on. */
  pods: Stat | undefined;
  activator: Stat | undefined;
}

/** Makes an autoscaler with one revision. `statsClock`: the clock of request statistics, if it is another one. */
export function followed(
  clock: Clock,
  annotations: Readonly<Record<string, string>> = {},
  statsClock: Pick<Clock, "now"> = clock,
): ScalingRig {
  const config = autoscalerConfig();
  const rig: { -readonly [K in keyof ScalingRig]?: ScalingRig[K] } & { advised: string[] } = {
    advised: [],
    pods: stat(0),
    activator: undefined,
  };
  const tick = new AutoscalerTick({
    clock,
    statsClock,
    random: () => 0,
    config: () => config,
    podStat: (_, now) => rig.pods && { ...rig.pods, time: now },
    activatorStats: () => new Map(rig.activator ? [[revision, rig.activator]] : []),
    onAdvice: (key) => rig.advised.push(`${clock.now() - START}: ${tick.autoscaler.advice.get(key)?.desiredScale}`),
  });
  rig.tick = tick;
  const pa = podAutoscaler(annotations);
  tick.observe({ type: "ADDED", object: asStored(pa) });
  tick.observe({ type: "ADDED", object: asStored(metricOf(pa, config)) });
  return rig as ScalingRig;
}
