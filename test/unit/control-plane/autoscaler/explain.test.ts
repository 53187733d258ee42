import { describe, expect, test } from "vitest";
import type { PodAutoscaler } from "../../../../src/apis/autoscaling/types.ts";
import type { Stored } from "../../../../src/apis/meta/object.ts";
import type { ServerlessService } from "../../../../src/apis/networking/types.ts";
import { timeText } from "../../../../src/base/time.ts";
import { VirtualClock } from "../../../../src/base/virtual-clock.ts";
import { durationText } from "../../../../src/control-plane/autoscaler/duration-text.ts";
import { explainScale } from "../../../../src/control-plane/autoscaler/explain.ts";
import type { ExplainObjects } from "../../../../src/control-plane/autoscaler/explain-objects.ts";
import {
  autoscalerConfig,
  followed,
  podAutoscaler,
  readyPod,
  revision,
  type ScalingRig,
  START,
  stat,
} from "../../../support/scaling.ts";
import { asStored } from "../../../support/store.ts";

const condition = (type: string, status: "True" | "False" | "Unknown", at: number) => ({
  type,
  status,
  lastTransitionTime: timeText(at),
});
const activeSince = (at: number, annotations = {}): Stored<PodAutoscaler> =>
  asStored(
    podAutoscaler(annotations, { status: { conditions: [condition("Active", "True", at)], metricsServiceName: "x" } }),
  );

function sentence(rig: ScalingRig, now: number, more: Partial<ExplainObjects> = {}): string {
  return explainScale(revision, now, {
    config: autoscalerConfig(),
    decider: rig.tick.autoscaler.view(revision),
    pa: activeSince(START),
    sks: asStored<ServerlessService>({
      apiVersion: "networking.internal.knative.dev/v1alpha1",
      kind: "ServerlessService",
      metadata: { name: "hello-00001" },
      spec: { mode: "Proxy", objectRef: {}, protocolType: "http1" },
      status: { conditions: [condition("ActivatorEndpointsPopulated", "True", START)] },
    }),
    replicas: 1,
    readyPods: 1,
    ...more,
  }).sentence;
}

describe("explain", () => {
  test("explain names the last request, the window and the exact time of scale to zero", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = stat(3);
    clock.advance(10_000);
    rig.pods = stat(0);
    clock.advance(41_000);
    expect(sentence(rig, clock.now())).toBe(
      "stays at 1: last request 41 s ago, window 1 min; zero at 00:01:10 UTC if nothing comes",
    );
    clock.advanceTo(START + 71_000);
    expect(rig.advised.at(-1)).toBe("70000: 0");
  });

  test("explain names the command that ends the debugging of a revision without a Service, also by its namespace", () => {
    const clock = new VirtualClock(START);
    const pa = activeSince(START);
    const settings = JSON.stringify({ debugger: "node", port: 9229, containerPort: 9229 });
    const metadata = { ...pa.metadata, namespace: "shop", annotations: { "knap.dev/debug": settings } };
    expect(sentence(followed(clock), clock.now(), { pa: { ...pa, metadata } })).toMatch(
      /wait until `knap debug revision\/hello-00001 -n shop --off`$/,
    );
  });

  test("explain names the burst and the end of the panic", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock, { target: "10", "target-utilization-percentage": "70" });
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("b", START)) });
    rig.pods = stat(15.5);
    clock.advance(4000);
    rig.pods = stat(0);
    clock.advance(20_000);
    expect(sentence(rig, clock.now(), { replicas: 5, readyPods: 2 })).toBe(
      "stays at 5: panic until 00:01:06 UTC (burst of 24.8 at 00:00:06 UTC, target 7, 2 ready); 3 of 5 pods are not ready yet",
    );
  });

  test("explain names open requests that keep a revision scaled up", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    rig.pods = stat(1);
    clock.advance(2000);
    rig.pods = stat(1, 0);
    clock.advance(60_000);
    expect(sentence(rig, clock.now())).toBe(
      "stays at 1: 1 in flight over 1 min, target 70; 1 of it in open requests, no new request for 1 min",
    );
  });

  test.each([
    ["min-scale", "stays at 1: min-scale 3 (traffic needs 0)"],
    ["max-scale", "stays at 1: max-scale 5 (traffic needs 0)"],
    ["scale-to-zero-disabled", "stays at 1: enable-scale-to-zero is false"],
    [
      "waiting-for-activator",
      "stays at 1: idle; the last pods stay until a probe shows that the activator receives the requests",
    ],
    ["grace", "stays at 1: idle, grace period until 00:00:34 UTC, then zero"],
    ["stable-window", "stays at 1: active for 4 s; goes to zero after 1 min at the earliest"],
  ] as const)("explain names the bound that determined the scale: %s", (rule, expected) => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    clock.advance(4000);
    const facts = { desired: 0, ready: 1, min: 3, max: 5, afterMs: 30_000 };
    rig.tick.autoscaler.addDecision({ revision, at: clock.now(), source: "bounds", rule, from: 1, to: 1, facts });
    expect(sentence(rig, clock.now(), { pa: activeSince(START, { "min-scale": "3", "max-scale": "5" }) })).toBe(
      expected,
    );
  });

  test("explain names the missing data before the first decision", () => {
    const rig = followed(new VirtualClock(START));
    expect(sentence(rig, START, { pa: undefined })).toBe("is not scaled yet: it has no PodAutoscaler");
    expect(sentence(rig, START, { decider: undefined })).toMatch(/private Service does not exist/);
    expect(sentence(rig, START)).toBe("stays at 1: nothing is decided yet; the first decision is due at 00:00:02 UTC");
    expect(sentence(rig, START, { pa: asStored(podAutoscaler({ class: "mine.example.com" })) })).toMatch(
      /^is scaled by mine.example.com/,
    );
  });

  test("the ledger keeps a bounded number of decisions and merges repeated ones", () => {
    const clock = new VirtualClock(START);
    const rig = followed(clock);
    rig.tick.observe({ type: "ADDED", object: asStored(readyPod("a", START)) });
    clock.advance(60_000);
    const decisions = () => rig.tick.autoscaler.view(revision)?.ledger.entries() ?? [];
    expect(decisions()).toMatchObject([
      { rule: "stable", from: undefined, to: 0, at: START + 2000, count: 30, until: START + 60_000 },
    ]);
    for (let load = 0; load < 100; load += 1) {
      rig.pods = stat(load % 2 === 0 ? 5000 : 0);
      clock.advance(60_000);
    }
    expect(decisions().length).toBeLessThanOrEqual(64);
  });
});

test.each([
  [0, "0 s"],
  [1234, "1.2 s"],
  [41_000, "41 s"],
  [60_000, "1 min"],
  [150_000, "2 min 30 s"],
  [3_600_000, "1 h"],
  [-5, "0 s"],
])("a durationText of %i ms is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
