import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { explainScale } from "../../../../src/control-plane/autoscaler/explain.ts";
import { decideHpa, type HpaSpec, type PodUsage } from "../../../../src/control-plane/autoscaler/hpa-decision.ts";
import { hpaResourceOf, makeHpaSpec } from "../../../../src/control-plane/autoscaler/hpa-spec.ts";
import { AutoscalerTick } from "../../../../src/control-plane/autoscaler/tick.ts";
import { autoscalerConfig, podAutoscaler, revision, START } from "../../../support/scaling.ts";
import { asStored } from "../../../support/store.ts";

const cpu: HpaSpec = { min: 1, max: 10, target: { kind: "utilization", value: 50 }, windowMs: 0 };
const pods = (usage: number | undefined, count: number, ready = true): PodUsage[] =>
  Array.from({ length: count }, () => ({ ready, usage, request: 1 }));
const replicas = (spec: HpaSpec, current: number, seen: readonly PodUsage[]): number =>
  decideHpa(spec, { recommended: [] }, current, seen, START).replicas;

describe("the HPA decision", () => {
  test("the HPA decision scales by the ratio of usage to target, rounded up, with 10 % tolerance", () => {
    expect(replicas(cpu, 2, pods(0.9, 2))).toBe(4);
    expect(replicas(cpu, 2, pods(0.54, 2))).toBe(2);
    expect(replicas(cpu, 4, pods(0.2, 4))).toBe(2);
    expect(replicas({ ...cpu, target: { kind: "average", value: 100 } }, 2, pods(250, 2))).toBe(5);
  });

  test("the HPA decision applies min-scale and max-scale even without a sample", () => {
    expect(replicas({ ...cpu, max: 3 }, 2, pods(5, 2))).toBe(3);
    expect(replicas({ ...cpu, min: 2 }, 2, pods(0, 2))).toBe(2);
    expect(replicas({ ...cpu, min: 3 }, 1, [])).toBe(3);
    expect(replicas(cpu, 0, pods(5, 1))).toBe(0);
  });

  test("the HPA decision adds at most four pods, or doubles them, in one evaluation", () => {
    expect(replicas({ ...cpu, max: 100 }, 2, pods(10, 2))).toBe(6);
    expect(replicas({ ...cpu, max: 100 }, 8, pods(10, 8))).toBe(16);
  });

  test("the HPA decision keeps the scale without samples, or if a pod has no resource request", () => {
    expect(decideHpa(cpu, { recommended: [] }, 2, pods(undefined, 2), START)).toMatchObject({
      replicas: 2,
      error: expect.stringMatching(/unable to get metrics/),
    });
    const unasked = pods(1, 2).map((pod) => ({ ...pod, request: undefined }));
    expect(decideHpa(cpu, { recommended: [] }, 2, unasked, START).error).toMatch(/missing request/);
  });

  test("pods without a sample do not change the scale", () => {
    expect(replicas(cpu, 4, [...pods(0.9, 2), ...pods(undefined, 2, false)])).toBe(4);
    expect(replicas(cpu, 4, [...pods(0.1, 2), ...pods(undefined, 2)])).toBe(4);
  });

  test("the HPA decision scales down only to the highest recommendation of the last five minutes", () => {
    const { windowMs: _, ...slow } = cpu;
    let state = decideHpa(slow, { recommended: [] }, 2, pods(0.9, 2), START).state;
    for (let at = 15_000; at < 300_000; at += 15_000) {
      const decision = decideHpa(slow, state, 4, pods(0.1, 4), START + at);
      expect(decision.replicas).toBe(4);
      state = decision.state;
    }
    expect(decideHpa(slow, state, 4, pods(0.1, 4), START + 300_000).replicas).toBe(1);
  });
});

test("annotations are converted to the spec of a HorizontalPodAutoscaler", () => {
  const config = autoscalerConfig();
  const spec = (annotations: Record<string, string>) => makeHpaSpec(podAutoscaler(annotations), config);
  expect(spec({})).toEqual({ min: 1, max: 2 ** 31 - 1, target: { kind: "utilization", value: 80 } });
  expect(spec({ metric: "memory", target: "75.5", window: "1m", "min-scale": "2", "max-scale": "4" })).toEqual({
    min: 2,
    max: 4,
    target: { kind: "average", value: 75 * 2 ** 20 },
    windowMs: 60_000,
  });
  expect(spec({ metric: "cpu", target: "70.2" }).target).toEqual({ kind: "utilization", value: 71 });
  expect(hpaResourceOf(podAutoscaler({ metric: "queue-length", target: "5" }))).toBeUndefined();
});

test("a revision of the HPA class is evaluated every 15 s, and its scale is published", () => {
  const clock = new VirtualClock(START);
  const advised: string[] = [];
  const tick = new AutoscalerTick({
    clock,
    random: () => 0,
    config: () => autoscalerConfig(),
    podStat: () => undefined,
    activatorStats: () => new Map(),
    onAdvice: (key) => advised.push(`${clock.now() - START}: ${tick.autoscaler.advice.get(key)?.desiredScale}`),
    usage: { pods: () => pods(1.6, 1), replicas: () => 1 },
  });
  const pa = podAutoscaler({ class: "hpa.autoscaling.knative.dev", metric: "cpu" });
  tick.observe({ type: "ADDED", object: asStored(pa) });
  tick.observe({ type: "MODIFIED", object: asStored(pa) });
  clock.advance(60_000);
  expect(advised).toEqual(["15000: 2"]);
  tick.observe({ type: "DELETED", object: asStored(pa) });
  expect(tick.autoscaler.advice.has(revision)).toBe(false);
});

describe("the explanation of a revision of the HPA class", () => {
  const hpa = { class: "hpa.autoscaling.knative.dev" };
  /** Evaluates these pods every 15 s and returns the sentence of the last evaluation. */
  function sentenceAfter(
    annotations: Record<string, string>,
    { samples, replicas = 2 }: { readonly samples: readonly (readonly PodUsage[])[]; readonly replicas?: number },
  ) {
    const clock = new VirtualClock(START);
    let usages: readonly PodUsage[] = [];
    const tick = new AutoscalerTick({
      clock,
      random: () => 0,
      config: () => autoscalerConfig(),
      podStat: () => undefined,
      activatorStats: () => new Map(),
      onAdvice: () => {},
      usage: { pods: () => usages, replicas: () => replicas },
    });
    const pa = podAutoscaler({ ...hpa, ...annotations });
    tick.observe({ type: "ADDED", object: asStored(pa) });
    for (const sample of samples) {
      usages = sample;
      clock.advance(15_000);
    }
    return explainScale(revision, clock.now(), {
      config: autoscalerConfig(),
      decider: undefined,
      hpa: tick.autoscaler.viewHpa(revision),
      pa: asStored(pa),
      sks: undefined,
      replicas,
      readyPods: replicas,
    });
  }

  test.each([
    ["before the first evaluation", {}, [], "stays at 2: nothing is decided yet; the HPA class evaluates every 15 s"],
    [
      "within the tolerance",
      { target: "50" },
      [pods(0.52, 2)],
      "stays at 2: cpu at 52 % of what its pods request, target 50 %",
    ],
    [
      "above max-scale",
      { target: "50", "max-scale": "2" },
      [pods(1.2, 2)],
      "stays at 2: max-scale 2; cpu at 120 % of what its pods request, target 50 %, needs 5",
    ],
    [
      "below the previous scale",
      { target: "50" },
      [pods(0.5, 2), pods(0.1, 2)],
      "stays at 2: the stabilization window for scaling down is 5 min; cpu at 10 % of what its pods request, target 50 %, needs 1",
    ],
    [
      "memory",
      { metric: "memory", target: "100" },
      [pods(99 * 2 ** 20, 2)],
      "stays at 2: memory at 99 MiB a pod, target 100 MiB",
    ],
    [
      "no sample",
      {},
      [pods(undefined, 2)],
      "stays at 2: cpu cannot be used: unable to get metrics: no metrics returned from resource metrics API",
    ],
    [
      "a metric of a cluster",
      { metric: "queue-length", target: "5" },
      [pods(1, 2)],
      'stays at 2: knap does not measure the metric "queue-length", so only min-scale and max-scale apply',
    ],
  ] as const)("explain has the expected sentence %s", (_, annotations, samples, sentence) => {
    expect(sentenceAfter(annotations, { samples }).sentence).toBe(sentence);
  });

  test("the ledger keeps the measured value and the demand of each decision", () => {
    const { decisions } = sentenceAfter({ target: "50" }, { samples: [pods(0.5, 2), pods(0.5, 2), pods(0.9, 2)] });
    expect(decisions).toMatchObject([
      { rule: "metric", from: 2, to: 2, count: 2, facts: { metric: "cpu", measured: 50, wanted: 2, target: 50 } },
      { rule: "metric", from: 2, to: 4, count: 1, facts: { metric: "cpu", measured: 90, wanted: 4, ready: 2 } },
    ]);
  });
});
