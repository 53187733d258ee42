import { beforeEach, describe, expect, test } from "vitest";
import { parseObservabilityConfig } from "../../../../src/apis/config/observability.ts";
import { makeServingConfig } from "../../../../src/apis/config/serving-config.ts";
import type { GcConfig } from "../../../../src/apis/config/types.ts";
import type { Stored } from "../../../../src/apis/meta/object.ts";
import type { Configuration, Revision } from "../../../../src/apis/serving/types.ts";
import { timeText } from "../../../../src/base/time.ts";
import type { Inquiry } from "../../../../src/control-plane/controller/reconciler.ts";
import { configurationPlanner } from "../../../../src/control-plane/reconciler/configuration/configuration.ts";
import { chooseUnneeded } from "../../../../src/control-plane/reconciler/gc/gc.ts";
import { makePodSpec } from "../../../../src/control-plane/reconciler/revision/make-pod-spec.ts";
import { queueProbeJson } from "../../../../src/control-plane/reconciler/revision/queue-probe.ts";
import { makeQueueResources } from "../../../../src/control-plane/reconciler/revision/queue-resources.ts";
import { agree, knativeService, makePaperCluster, type PaperCluster } from "../../../support/paper-cluster.ts";
import { asStored } from "../../../support/store.ts";

const KSVC = { kind: "Service.serving.knative.dev", namespace: "default", name: "shop" } as const;
const { config } = makeServingConfig(new Map());
let cluster: PaperCluster;
const revision = (name: string) => cluster.store.get("Revision.serving.knative.dev", "default", name) as Revision;
const of = (name: string, type: string) => revision(name)?.status?.conditions?.find((found) => found.type === type);
beforeEach(() => {
  cluster = makePaperCluster();
});

describe("digests", () => {
  test("a Revision makes no children before its digests are known", () => {
    cluster = makePaperCluster({
      answers: (question) => (question.ask === "Digest" ? undefined : agree(question)),
    });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    expect(of("shop-00001", "ResourcesAvailable")).toMatchObject({ status: "Unknown", reason: "ResolvingDigests" });
    expect(cluster.store.list("Deployment.apps")).toEqual([]);
  });

  test("a digest that cannot be resolved fails the Revision with Knative's text", () => {
    const answers = (question: Inquiry) => (question.ask === "Digest" ? { error: "no such host" } : agree(question));
    cluster = makePaperCluster({ answers });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    expect(of("shop-00001", "ContainerHealthy")).toMatchObject({
      reason: "ContainerMissing",
      message: 'Unable to fetch image "example.com/shop:v1": failed to resolve image to digest: no such host',
    });
  });
});

describe("findings of the node about a running container", () => {
  const waiting = (reason: string) => () => ({
    phase: "Running" as const,
    containerStatuses: [
      {
        name: "user-container",
        ready: false,
        restartCount: 0,
        image: "",
        imageID: "",
        state: { waiting: { reason, message: "why" } },
      },
    ],
  });

  test.each(["LoopbackOnly", "PortMismatch"])(
    "the finding %s fails the Revision at once, and only while it lasts",
    (reason) => {
      cluster = makePaperCluster({ kubelet: waiting(reason) });
      cluster.store.create(knativeService("shop", "example.com/shop:v1"));
      cluster.settle();
      expect(of("shop-00001", "ContainerHealthy")).toMatchObject({ status: "False", reason, message: "why" });
      const [pod] = cluster.store.list("Pod");
      const ready = { type: "Ready", status: "True", lastTransitionTime: "2024-05-01T10:00:00Z" };
      const key = { kind: "Pod", namespace: "default", name: pod?.metadata.name ?? "" } as const;
      cluster.store.writeStatus(key, { ...pod?.status, conditions: [ready], containerStatuses: [] });
      cluster.settle();
      expect(of("shop-00001", "ContainerHealthy")).toMatchObject({ status: "True" });
    },
  );

  test("a waiting reason of Kubernetes fails the Revision after the progress deadline", () => {
    cluster = makePaperCluster({ kubelet: waiting("ContainerCreating") });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    expect(of("shop-00001", "ContainerHealthy")).toMatchObject({ status: "Unknown" });
  });
});

describe("a Configuration", () => {
  test("a Configuration does not adopt a Revision that has its next name", () => {
    const spec = { containers: [{ image: "example.com/else:v1" }] };
    const metadata = { name: "shop-00001", namespace: "default" };
    cluster.store.create({ apiVersion: "serving.knative.dev/v1", kind: "Revision", metadata, spec });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    const plan = cluster.work(configurationPlanner as never, { ...KSVC, kind: "Configuration.serving.knative.dev" });
    expect(plan.error).toBe('failed to create Revision: revisions.serving.knative.dev "shop-00001" already exists');
    expect(plan.events).toBeUndefined();
  });

  test("a deleted latest ready Revision is made again, and no LatestReady event is recorded (11 E3)", () => {
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    const spec = { template: { spec: { containers: [{ image: "example.com/shop:v2" }] } } };
    cluster.store.patchMerge(KSVC, { spec });
    cluster.settle();
    cluster.events.length = 0;
    cluster.store.delete({ ...KSVC, kind: "Revision.serving.knative.dev", name: "shop-00002" });
    cluster.settle();
    expect(cluster.store.get("Revision.serving.knative.dev", "default", "shop-00002")).toBeDefined();
    expect(cluster.events.filter(({ reason }) => reason.startsWith("LatestReady"))).toEqual([]);
  });
});

describe("drift", () => {
  beforeEach(() => {
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
  });

  test("changed scaling annotations of a PodAutoscaler are corrected; other annotations stay", () => {
    const key = {
      kind: "PodAutoscaler.autoscaling.internal.knative.dev",
      namespace: "default",
      name: "shop-00001",
    } as const;
    const annotations = { "autoscaling.knative.dev/max-scale": "9", "example.com/mine": "1" };
    cluster.store.patchMerge(key, { metadata: { annotations } });
    cluster.settle();
    const after = cluster.store.get(key.kind, key.namespace, key.name)?.metadata.annotations;
    expect(after).toMatchObject({
      "example.com/mine": "1",
      "autoscaling.knative.dev/class": "kpa.autoscaling.knative.dev",
    });
    expect(after).not.toHaveProperty("autoscaling.knative.dev/max-scale");
  });

  test("a changed Deployment is corrected only with the template; labels and annotations of others stay", () => {
    const key = { kind: "Deployment.apps", namespace: "default", name: "shop-00001-deployment" } as const;
    const restarted = { "kubectl.kubernetes.io/restartedAt": "now" };
    cluster.store.patchMerge(key, {
      metadata: { labels: { mine: "1" } },
      spec: { progressDeadlineSeconds: 5, template: { metadata: { annotations: restarted } } },
    });
    cluster.settle();
    expect(cluster.store.get(key.kind, key.namespace, key.name)?.spec.progressDeadlineSeconds).toBe(5);
    cluster.configure({ "config-deployment": { "queue-sidecar-image": "example.com/queue:v2" } });
    cluster.settle();
    const after = cluster.store.get(key.kind, key.namespace, key.name);
    expect(after?.spec.progressDeadlineSeconds).toBe(600);
    expect(after?.metadata.labels).toMatchObject({ mine: "1" });
    expect(after?.spec.template.metadata?.annotations).toMatchObject(restarted);
  });
});

describe("garbage", () => {
  const HOUR = 3_600_000;
  const NOW = Date.UTC(2024, 4, 10);
  const configuration = { status: { latestReadyRevisionName: "r9" } } as Stored<Configuration>;
  const made = (name: string, hoursAgo: number, more: { state?: string; keep?: boolean } = {}): Stored<Revision> =>
    ({
      metadata: {
        name,
        creationTimestamp: timeText(NOW - hoursAgo * HOUR),
        labels: { "serving.knative.dev/routingState": more.state ?? "reserve" },
        annotations: more.keep ? { "serving.knative.dev/no-gc": "true" } : {},
      },
    }) as unknown as Stored<Revision>;
  const limits = (more: Partial<GcConfig>): GcConfig => ({
    retainSinceCreateTimeMs: undefined,
    retainSinceLastActiveTimeMs: undefined,
    minNonActiveRevisions: 0,
    maxNonActiveRevisions: undefined,
    ...more,
  });
  const all = [
    made("r1", 90),
    made("r2", 80),
    made("r3", 2),
    made("r4", 95, { state: "active" }),
    made("r5", 99, { keep: true }),
    made("r9", 98),
  ];
  test.each([
    ["none if all limits are disabled", limits({}), []],
    [
      "those older than both ages",
      limits({ retainSinceCreateTimeMs: 48 * HOUR, retainSinceLastActiveTimeMs: 15 * HOUR }),
      ["r1", "r2"],
    ],
    ["only those above the minimum", limits({ retainSinceCreateTimeMs: 48 * HOUR, minNonActiveRevisions: 2 }), ["r1"]],
    ["those above the maximum, of any age", limits({ maxNonActiveRevisions: 1 }), ["r1", "r2"]],
    [
      "those too old, then those above the maximum",
      limits({ retainSinceCreateTimeMs: 85 * HOUR, maxNonActiveRevisions: 1 }),
      ["r1", "r2"],
    ],
    ["those at the age since creation (11 A6)", limits({ retainSinceCreateTimeMs: 80 * HOUR }), ["r1", "r2"]],
    ["no others before the age since creation (11 A6)", limits({ retainSinceCreateTimeMs: 80 * HOUR + 1 }), ["r1"]],
    ["those at the age since last use (11 A6)", limits({ retainSinceLastActiveTimeMs: 80 * HOUR }), ["r1", "r2"]],
    ["no others before the age since last use (11 A6)", limits({ retainSinceLastActiveTimeMs: 80 * HOUR + 1 }), ["r1"]],
    [
      "only those whose both ages have passed (11 A6)",
      limits({ retainSinceCreateTimeMs: 90 * HOUR, retainSinceLastActiveTimeMs: HOUR }),
      ["r1"],
    ],
    ["none if there are fewer than the minimum", limits({ maxNonActiveRevisions: 0, minNonActiveRevisions: 6 }), []],
  ])("the garbage collector deletes %s", (_, config, expected) => {
    expect(chooseUnneeded(configuration, all, config, NOW).map(({ metadata }) => metadata.name)).toEqual(expected);
  });
});

describe("the pod", () => {
  const rev = (spec: object, annotations = {}): Stored<Revision> =>
    asStored({
      apiVersion: "serving.knative.dev/v1",
      kind: "Revision",
      metadata: { name: "r", namespace: "default", annotations },
      spec: { containers: [{ name: "c", image: "i" }], timeoutSeconds: 5, ...spec },
    } as Revision);

  test("every user container has a log volume if config-observability enables log collection", () => {
    const observability = { ...config.observability, enableVarLogCollection: true };
    const spec = makePodSpec(rev({}), { ...config, observability });
    expect(spec.volumes).toEqual([{ name: "knative-var-log", emptyDir: {} }]);
    const [user, queue] = spec.containers;
    expect(user?.volumeMounts?.[0]?.subPathExpr).toBe("$(K_INTERNAL_POD_NAMESPACE)_$(K_INTERNAL_POD_NAME)_c");
    expect(queue?.volumeMounts).toBeUndefined();
  });

  test.each([
    [{}, '{"tracing":{"protocol":"none"},"metrics":{"protocol":"none"},', '"requestMetrics":{"protocol":"none"},'],
    [
      {
        "tracing-protocol": "grpc",
        "tracing-endpoint": "t:1",
        "tracing-sampling-rate": "0.5",
        "metrics-protocol": "prometheus",
        "runtime-profiling": "enabled",
        "runtime-export-interval": "0",
        "request-metrics-protocol": "prometheus",
        "request-metrics-endpoint": ":9095",
        "request-metrics-export-interval": "1m",
      },
      '{"tracing":{"protocol":"grpc","endpoint":"t:1","samplingRate":0.5},"metrics":{"protocol":"prometheus"},"runtime":{"profiling":"enabled"},',
      '"requestMetrics":{"protocol":"prometheus","endpoint":":9095","exportInterval":60000000000},',
    ],
  ])("queue-proxy gets config-observability %j", (data, ...parts) => {
    const read = parseObservabilityConfig(data);
    if (!read.ok) throw new Error(read.error);
    const queue = makePodSpec(rev({}), { ...config, observability: read.value }).containers.at(-1);
    const observability = queue?.env?.find(({ name }) => name === "OBSERVABILITY_CONFIG")?.value;
    for (const part of parts) expect(observability).toContain(part);
  });

  test("a Pod gets the runtime class with the most specific selector", () => {
    const deployment = { ...config.deployment, runtimeClassNames: { any: {}, gvisor: { selector: { tier: "web" } } } };
    const labelled = { ...rev({}), metadata: { ...rev({}).metadata, labels: { tier: "web" } } };
    expect(makePodSpec(labelled, { ...config, deployment }).runtimeClassName).toBe("gvisor");
    expect(makePodSpec(rev({}), { ...config, deployment }).runtimeClassName).toBe("any");
  });

  test.each([
    ["a tcp probe at its own port", { tcpSocket: { port: 90 } }, '{"tcpSocket":{"port":90,"host":"127.0.0.1"}}'],
    ["an exec probe as a connection", { exec: { command: ["x"] } }, '{"tcpSocket":{"port":8080,"host":"127.0.0.1"}}'],
    [
      "an http probe with a timeout if it has a period",
      { httpGet: { path: "/a&b", port: "http1" }, periodSeconds: 2 },
      '{"httpGet":{"path":"/a\\u0026b","port":8080,"host":"127.0.0.1","scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":2}',
    ],
    ["a grpc probe", { grpc: { port: 50 } }, '{"grpc":{"port":50,"service":""}}'],
  ])("queue-proxy gets %s", (_, readinessProbe, json) => {
    expect(queueProbeJson(rev({ containers: [{ name: "c", image: "i", readinessProbe }] }), false)).toBe(json);
  });

  test.each([
    ["its default request", {}, {}, { requests: { cpu: "25m" } }],
    [
      "a share within bounds",
      { "queue.sidecar.serving.knative.dev/resource-percentage": "50" },
      { requests: { cpu: "1", memory: "300Mi" } },
      { requests: { cpu: "100m", memory: "150Mi" } },
    ],
    [
      "the minimum",
      { "queue.sidecar.serving.knative.dev/resource-percentage": "1" },
      { limits: { cpu: "1", memory: "300Mi" } },
      { limits: { cpu: "40m", memory: "200Mi" }, requests: { cpu: "25m" } },
    ],
    [
      "the value of an annotation",
      { "queue.sidecar.serving.knative.dev/memory-resource-limit": "1Gi" },
      {},
      { limits: { memory: "1Gi" }, requests: { cpu: "25m" } },
    ],
  ])("the resources of queue-proxy are %s", (_, annotations, resources, expected) => {
    expect(makeQueueResources(config, annotations as Record<string, string>, { resources })).toEqual(expected);
  });
});
