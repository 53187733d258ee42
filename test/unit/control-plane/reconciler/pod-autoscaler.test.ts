import { beforeEach, describe, expect, test } from "vitest";
import type { PodAutoscaler, ScaleResult } from "../../../../src/apis/autoscaling/types.ts";
import { makeServingConfig } from "../../../../src/apis/config/serving-config.ts";
import type { Deployment } from "../../../../src/apis/core/types.ts";
import type { Condition } from "../../../../src/apis/meta/conditions.ts";
import { keyOf } from "../../../../src/apis/meta/key.ts";
import type { AnyObject, Stored } from "../../../../src/apis/meta/object.ts";
import type { ServerlessService } from "../../../../src/apis/networking/types.ts";
import { timeText } from "../../../../src/base/time.ts";
import type { Plan, World } from "../../../../src/control-plane/controller/reconciler.ts";
import { podAutoscalerPlanner } from "../../../../src/control-plane/reconciler/pod-autoscaler/pod-autoscaler.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { podAutoscaler, readyPod, revision } from "../../../support/scaling.ts";
import { makeStore } from "../../../support/store.ts";
import { makeWorld } from "../../../support/world.ts";

const NOW = Date.UTC(2024, 4, 1, 10);
const ago = (seconds: number): string => timeText(NOW - seconds * 1000);
const { config } = makeServingConfig(new Map());

let store: ObjectStore;
beforeEach(() => {
  store = makeStore();
});

/** Stores objects with their uids and status. */
function stored<T extends AnyObject>(object: T): Stored<T> {
  const { status, ...rest } = object;
  const made = store.create(rest as T);
  if ("refused" in made) throw new Error(made.refused.message);
  if (status !== undefined) store.writeStatus(keyOf(made.object), status);
  return store.get(keyOf(object).kind, "default", object.metadata.name) as unknown as Stored<T>;
}
const owned = (owner: AnyObject) => [
  {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
  },
];
const condition = (type: string, status: Condition["status"], lastTransitionTime: string): Condition => ({
  type,
  status,
  lastTransitionTime,
});

interface Scene {
  readonly annotations?: Record<string, string>;
  /** Returns the Active condition with its age. */
  readonly active?: readonly [Condition["status"], string];
  readonly advice?: Partial<ScaleResult>;
  readonly replicas?: number;
  readonly readyPods?: number;
  readonly mode?: "Serve" | "Proxy";
  readonly proxied?: string;
  readonly probeOk?: boolean;
  readonly more?: Partial<World>;
}

/** Stores a revision with all its objects and returns the plan for its PodAutoscaler. */
function planned(scene: Scene): {
  readonly plan: Plan;
  readonly pa: PodAutoscaler;
  of: (type: string) => Condition | undefined;
} {
  const { active = ["True", ago(600)], mode = "Proxy", proxied = ago(600) } = scene;
  const conditions = ["Ready", "SKSReady", "ScaleTargetInitialized"].map((type) => condition(type, "True", ago(600)));
  const pa = stored(
    podAutoscaler(scene.annotations, {
      status: {
        serviceName: "hello-00001",
        metricsServiceName: "hello-00001-private",
        observedGeneration: 1,
        conditions: [condition("Active", ...active), ...conditions],
      },
    }),
  );
  const deployment: Deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "hello-00001-deployment", namespace: "default" },
    spec: { replicas: scene.replicas ?? 1, selector: { matchLabels: {} }, template: { spec: { containers: [] } } },
  };
  stored(deployment);
  stored({
    apiVersion: "networking.internal.knative.dev/v1alpha1",
    kind: "ServerlessService",
    metadata: { name: "hello-00001", namespace: "default", ownerReferences: owned(pa) },
    spec: { mode, numActivators: 4, objectRef: pa.spec.scaleTargetRef, protocolType: "http1" },
    status: {
      serviceName: "hello-00001",
      privateServiceName: "hello-00001-private",
      observedGeneration: 1,
      conditions: [
        condition("Ready", "True", ago(600)),
        condition("ActivatorEndpointsPopulated", mode === "Proxy" ? "True" : "False", proxied),
      ],
    },
  } satisfies ServerlessService);
  for (let pod = 0; pod < (scene.readyPods ?? 1); pod += 1) stored(readyPod(`pod-${pod}`, NOW - 600_000));
  const advice = { desiredScale: 1, excessBurstCapacity: -1, valid: true, ...scene.advice };
  const world = makeWorld(store, config, {
    now: NOW,
    advice: new Map([[revision, advice]]),
    answer: (() => (scene.probeOk === undefined ? undefined : { ok: scene.probeOk })) as World["answer"],
    ...scene.more,
  });
  const plan = podAutoscalerPlanner.reconcile(pa, world) as Plan;
  const after = (plan.status as PodAutoscaler["status"])?.conditions;
  return { plan, pa, of: (type) => after?.find((one) => one.type === type) };
}
const specsOf = (plan: Plan, kind: string) =>
  (plan.ensure ?? []).filter(({ key }) => key.kind.startsWith(kind)).map(({ fields }) => fields["spec"]);

describe("the plan of a PodAutoscaler", () => {
  test("the first plan of a PodAutoscaler makes only the ServerlessService", () => {
    const pa = stored(podAutoscaler({}, { status: {} }));
    const plan = podAutoscalerPlanner.reconcile(pa, makeWorld(store, config));
    expect(plan.ensure).toHaveLength(1);
    expect(plan.ensure?.[0]?.create?.spec).toMatchObject({ mode: "Proxy", numActivators: 2 });
    expect(plan.status).toMatchObject({ desiredScale: -1, actualScale: 0, serviceName: "" });
    expect(plan.status?.conditions?.find(({ type }) => type === "SKSReady")).toMatchObject({
      status: "Unknown",
      reason: "NotReady",
      message: "No Private Service Name",
    });
  });

  test("replicas follow the advice within the bounds, and the decision names the rule", () => {
    const { plan } = planned({ annotations: { "max-scale": "3" }, advice: { desiredScale: 9 } });
    expect(specsOf(plan, "Deployment")).toEqual([{ replicas: 3 }]);
    expect(plan.status).toMatchObject({ desiredScale: 3, actualScale: 1 });
    expect(plan.decisions).toMatchObject([{ rule: "max-scale", from: 1, to: 3, facts: { desired: 9, max: 3 } }]);
  });

  test("correct replicas and other autoscaler classes stay unchanged", () => {
    expect(specsOf(planned({}).plan, "Deployment")).toEqual([]);
    store = makeStore();
    const { plan } = planned({ annotations: { class: "mine.example.com" } });
    expect(plan.ensure).toBeUndefined();
  });

  test("the mode is Serve only while there is excess burst capacity", () => {
    expect(specsOf(planned({ advice: { excessBurstCapacity: 0 } }).plan, "ServerlessService")).toMatchObject([
      { mode: "Serve" },
    ]);
    store = makeStore();
    expect(specsOf(planned({ mode: "Serve" }).plan, "ServerlessService")).toMatchObject([
      { mode: "Proxy", numActivators: 4 },
    ]);
  });

  test("an idle revision first becomes inactive and keeps its Pods", () => {
    const { plan, of } = planned({ advice: { desiredScale: 0 }, active: ["True", ago(61)] });
    expect(specsOf(plan, "Deployment")).toEqual([]);
    expect(of("Active")).toMatchObject({ status: "False", reason: "NoTraffic", lastTransitionTime: timeText(NOW) });
    expect(plan.status).toMatchObject({ desiredScale: 0, actualScale: 1 });
    expect(plan.requeueAfterMs).toEqual([3000]);
    expect(plan.ask).toBeUndefined();
  });

  test("an inactive revision keeps its Pods until a probe shows the activator in the path", () => {
    const inactive = { advice: { desiredScale: 0 }, active: ["False", ago(40)] } as const;
    const { plan } = planned(inactive);
    expect(plan.ask).toEqual([{ ask: "ActivatorProbe", revision }]);
    expect(plan.requeueAfterMs).toEqual([46_000]);
    expect(specsOf(plan, "Deployment")).toEqual([]);
    store = makeStore();
    expect(specsOf(planned({ ...inactive, probeOk: true }).plan, "Deployment")).toEqual([{ replicas: 0 }]);
  });

  test("an inactive Pod stays for the grace period after the activator came into the path", () => {
    const { plan } = planned({
      advice: { desiredScale: 0 },
      active: ["False", ago(10)],
      proxied: ago(10),
      probeOk: true,
    });
    expect(plan.requeueAfterMs).toEqual([20_000]);
    expect(specsOf(plan, "Deployment")).toEqual([]);
  });

  test("an active revision becomes activating while fewer Pods than min-scale are ready", () => {
    const { of } = planned({ annotations: { "min-scale": "3" }, replicas: 3, readyPods: 2 });
    expect(of("Active")).toMatchObject({ status: "Unknown", reason: "Queued" });
    expect(of("Ready")).toMatchObject({ status: "Unknown", reason: "Queued" });
  });

  test("activation fails 30 s after the progress deadline", () => {
    const activating = (seconds: number) =>
      ({ advice: { desiredScale: 0 }, readyPods: 0, active: ["Unknown", ago(seconds)] }) as const;
    expect(specsOf(planned(activating(629)).plan, "Deployment")).toEqual([]);
    store = makeStore();
    expect(specsOf(planned(activating(631)).plan, "Deployment")).toEqual([{ replicas: 0 }]);
    store = makeStore();
    // The machine slept, so no Pod could start.
    const { plan } = planned({ ...activating(90_000), more: { awakeSince: NOW - 10_000 } });
    expect(specsOf(plan, "Deployment")).toEqual([]);
    expect(plan.requeueAfterMs).toContain(630_000);
  });

  test("a ServerlessService with another owner stays unchanged", () => {
    const pa = stored(podAutoscaler());
    stored({
      apiVersion: "networking.internal.knative.dev/v1alpha1",
      kind: "ServerlessService",
      metadata: { name: "hello-00001", namespace: "default" },
      spec: { objectRef: {}, protocolType: "http1" },
    } satisfies ServerlessService);
    const plan = podAutoscalerPlanner.reconcile(pa, makeWorld(store, config));
    expect(plan.error).toBe("error reconciling SKS: PA: hello-00001 does not own SKS: hello-00001");
    expect(plan.ensure).toBeUndefined();
    expect(plan.status?.conditions?.find(({ type }) => type === "Active")?.message).toBe(
      'There is an existing ServerlessService "hello-00001" that we do not own.',
    );
  });

  test("the HPA class always uses mode Serve and follows the advice from 1", () => {
    const { plan, of } = planned({
      annotations: { class: "hpa.autoscaling.knative.dev" },
      advice: { desiredScale: 4 },
    });
    expect(specsOf(plan, "ServerlessService")).toEqual([
      { mode: "Serve", objectRef: { kind: "Deployment", name: "hello-00001-deployment" }, protocolType: "http1" },
    ]);
    expect(specsOf(plan, "Deployment")).toEqual([{ replicas: 4 }]);
    expect(of("Active")?.status).toBe("True");
  });

  test.each([
    [{}, { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }],
    [
      { metric: "memory", target: "100" },
      { type: "Resource", resource: { name: "memory", target: { type: "AverageValue", averageValue: "100Mi" } } },
    ],
    [
      { metric: "queue", target: "4.2" },
      { type: "Pods", pods: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "5" } } },
    ],
  ])(
    "the HPA class has a HorizontalPodAutoscaler as Knative makes it for the annotations %j",
    (annotations, metric) => {
      const bounds = { "min-scale": "2", "max-scale": "5", window: "1m" };
      const { plan } = planned({ annotations: { class: "hpa.autoscaling.knative.dev", ...bounds, ...annotations } });
      expect(specsOf(plan, "HorizontalPodAutoscaler")).toEqual([
        {
          scaleTargetRef: { kind: "Deployment", name: "hello-00001-deployment" },
          minReplicas: 2,
          maxReplicas: 5,
          metrics: [metric],
          behavior: { scaleUp: { stabilizationWindowSeconds: 60 }, scaleDown: { stabilizationWindowSeconds: 60 } },
        },
      ]);
    },
  );
});
