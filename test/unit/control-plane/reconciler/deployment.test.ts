import { beforeEach, describe, expect, test } from "vitest";
import type { Deployment, Pod } from "../../../../src/apis/core/types.ts";
import type { AnyObject, Stored } from "../../../../src/apis/meta/object.ts";
import { choosePods, inDeletionOrder } from "../../../../src/control-plane/reconciler/deployment/choose-pods.ts";
import { knativeService, makePaperCluster, type PaperCluster } from "../../../support/paper-cluster.ts";
import { asStored } from "../../../support/store.ts";

const NAME = "shop-00001-deployment";
const KEY = { kind: "Deployment.apps", namespace: "default", name: NAME } as const;
const PINNED = { metadata: { annotations: { "autoscaling.knative.dev/min-scale": "3" } } };

function pod(name: string, state: { node?: boolean; ready?: string; created?: string } = {}): Stored<Pod> {
  const ready = state.ready && { type: "Ready", status: "True" as const, lastTransitionTime: state.ready };
  return asStored<Pod>({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, creationTimestamp: state.created ?? "2024-05-01T10:00:00Z" },
    spec: { containers: [], ...(state.node === false ? {} : { nodeName: "paper" }) },
    status: { phase: ready ? "Running" : "Pending", conditions: ready ? [ready] : [] },
  });
}

describe("the choice of pods", () => {
  test("a scale-down deletes Pods in order: not scheduled, not running, not ready, shortest time ready, youngest", () => {
    const old = pod("old", { ready: "2024-05-01T09:00:00Z", created: "2024-05-01T08:00:00Z" });
    const recent = pod("recent", { ready: "2024-05-01T09:30:00Z", created: "2024-05-01T08:00:00Z" });
    const youngest = pod("youngest", { ready: "2024-05-01T09:30:00Z", created: "2024-05-01T09:00:00Z" });
    const starting = pod("starting");
    const unscheduled = pod("unscheduled", { node: false });
    const names = inDeletionOrder([old, recent, starting, youngest, unscheduled]).map(({ metadata }) => metadata.name);
    expect(names).toEqual(["unscheduled", "starting", "youngest", "recent", "old"]);
  });

  const ready = (name: string) => pod(name, { ready: "2024-05-01T09:00:00Z" });
  const many = (name: string, count: number) => Array.from({ length: count }, (_, index) => ready(`${name}-${index}`));
  const isNew = ({ metadata }: Pod) => metadata.name.startsWith("new");
  test.each([
    ["creates missing Pods", 3, [ready("new-a")], 2, []],
    ["stops excess Pods", 1, [ready("new-a"), pod("new-b")], 0, ["new-b"]],
    ["stops all Pods at zero", 0, [ready("new-a")], 0, ["new-a"]],
    ["adds one new pod beside a ready old one", 1, [ready("old-a")], 1, []],
    ["keeps the old pod until the new one is ready", 1, [ready("old-a"), pod("new-a")], 0, []],
    ["stops the old pod when the new one is ready", 1, [ready("old-a"), ready("new-a")], 0, ["old-a"]],
    ["replaces at once an old pod that was never ready", 1, [pod("old-a")], 1, ["old-a"]],
    ["adds a quarter during a change (11 A6)", 4, many("old", 4), 1, []],
    ["rounds the quarter up (11 A6)", 5, many("old", 5), 2, []],
    ["adds no pod above the quarter (11 A6)", 4, [...many("old", 4), pod("new-a")], 0, []],
    ["adds no new pod above the wanted number (11 A6)", 8, [...many("old", 1), ...many("new", 7)], 1, []],
    ["replaces one old pod per ready new pod (11 A6)", 4, [...many("old", 4), ...many("new", 1)], 0, ["old-0"]],
    ["adds the quarter and replaces none (11 A6)", 4, [...many("old", 3), ...many("new", 1)], 1, []],
    ["scales down during a change (11 A6)", 2, many("old", 3), 0, ["old-0"]],
    [
      "stops surplus new pods and all old ones (11 A6)",
      1,
      [...many("old", 1), ...many("new", 2)],
      0,
      ["new-0", "old-0"],
    ],
  ])("a Deployment %s", (_, wanted, pods, create, retire) => {
    const choice = choosePods(wanted, pods, isNew);
    expect({ create: choice.create, retire: choice.retire.map(({ metadata }) => metadata.name) }).toEqual({
      create,
      retire,
    });
  });
});

describe("a Deployment in the cluster", () => {
  let cluster: PaperCluster;
  const deployment = () => cluster.store.get(KEY.kind, KEY.namespace, KEY.name) as Deployment;
  const pods = () => cluster.store.list("Pod");
  const condition = (type: string) => deployment().status?.conditions?.find((found) => found.type === type);
  const revision = () => cluster.store.get("Revision.serving.knative.dev", "default", "shop-00001");
  const ofRevision = (type: string) => revision()?.status?.conditions?.find((found) => found.type === type);
  const readyPod: Pod["status"] = {
    phase: "Running",
    podIP: "10.0.0.1",
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2024-05-01T10:00:00Z" }],
  };
  beforeEach(() => {
    cluster = makePaperCluster();
  });

  test("a Deployment owns its Pods, which have the name and label that a ReplicaSet would give", () => {
    cluster.store.create(
      knativeService("shop", "example.com/shop:v1", {
        template: { ...PINNED, spec: { containers: [{ image: "example.com/shop:v1" }] } },
      }),
    );
    cluster.settle();
    expect(pods()).toHaveLength(3);
    const names = new Set(pods().map(({ metadata }) => metadata.name));
    expect(names.size).toBe(3);
    for (const { metadata } of pods()) {
      expect(metadata.name).toMatch(/^shop-00001-deployment-[a-z0-9]{10}-[a-z0-9]{5}$/);
      expect(metadata.name).toContain(metadata.labels?.["pod-template-hash"]);
      expect(metadata.ownerReferences?.[0]).toMatchObject({ kind: "Deployment", name: NAME, controller: true });
    }
    expect(deployment().status).toMatchObject({
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    });
    expect(condition("Available")).toMatchObject({ status: "True", reason: "MinimumReplicasAvailable" });
    expect(condition("Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
  });

  test.each([
    ["those of the default ServiceAccount", undefined, undefined, [{ name: "of-default" }]],
    ["those of the ServiceAccount that it names", "robot", undefined, [{ name: "of-robot" }]],
    ["none if the ServiceAccount does not exist", "nobody", undefined, undefined],
    ["its own, if it has any", undefined, [{ name: "own" }], [{ name: "own" }]],
  ])("the pull secrets of a Deployment's Pod are %s", (_, serviceAccountName, imagePullSecrets, expected) => {
    for (const name of ["default", "robot"])
      cluster.store.create({
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name, namespace: "default" },
        imagePullSecrets: [{ name: `of-${name}` }],
      } as AnyObject);
    const spec = {
      containers: [{ image: "example.com/shop:v1" }],
      ...(serviceAccountName && { serviceAccountName }),
      ...(imagePullSecrets && { imagePullSecrets }),
    };
    cluster.store.create(knativeService("shop", "example.com/shop:v1", { template: { spec } }));
    cluster.settle();
    expect(pods()[0]?.spec.imagePullSecrets).toEqual(expected);
  });

  test("a Deployment replaces its Pods when the template changes, and always has enough replicas", () => {
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    const [before] = pods();
    cluster.configure({ "config-deployment": { "queue-sidecar-image": "example.com/queue:v2" } });
    cluster.now += 1000;
    cluster.settle();
    expect(pods()).toHaveLength(1);
    expect(pods()[0]?.metadata.name).not.toBe(before?.metadata.name);
    expect(pods()[0]?.spec.containers.at(-1)?.image).toBe("example.com/queue:v2");
  });

  test("a Deployment times out after its progress deadline, and the Service shows it", () => {
    cluster = makePaperCluster({ kubelet: () => undefined });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    cluster.now += 600_000;
    cluster.settle();
    expect(condition("Progressing")).toMatchObject({ status: "True" });
    cluster.now += 2_000;
    cluster.settle();
    const rs = `shop-00001-deployment-${pods()[0]?.metadata.labels?.["pod-template-hash"]}`;
    const why = {
      status: "False",
      reason: "ProgressDeadlineExceeded",
      message: `ReplicaSet "${rs}" has timed out progressing.`,
    };
    expect(condition("Progressing")).toMatchObject(why);
    expect(ofRevision("ResourcesAvailable")).toMatchObject(why);
    const service = cluster.store.get("Service.serving.knative.dev", "default", "shop");
    expect(service?.status?.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "False" });
  });

  test("after a jump of the clock, Pods get the whole progress deadline", () => {
    cluster = makePaperCluster({ kubelet: () => undefined });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    cluster.awakeSince = cluster.now += 86_400_000;
    cluster.settle();
    expect(condition("Progressing")).toMatchObject({ status: "True" });
    expect(pods()).toHaveLength(1);
    cluster.now += 602_000;
    cluster.settle();
    expect(condition("Progressing")).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
  });

  test("a Deployment that timed out recovers when its Pod becomes ready, and the Service shows it", () => {
    let late = false;
    cluster = makePaperCluster({ kubelet: () => (late ? readyPod : undefined) });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    cluster.now += 602_000;
    cluster.settle();
    expect(ofRevision("Ready")).toMatchObject({ status: "False" });
    late = true;
    cluster.settle();
    expect(condition("Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
    expect(ofRevision("Ready")).toMatchObject({ status: "True" });
    const service = cluster.store.get("Service.serving.knative.dev", "default", "shop");
    expect(service?.status?.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "True" });
  });

  test("a Deployment shows an exceeded quota", () => {
    cluster.store.create({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "small", namespace: "default" },
      spec: { hard: { pods: "0" } },
    });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    expect(pods()).toEqual([]);
    const message = expect.stringMatching(
      /^pods "shop-00001-deployment-\w+-\w+" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0$/,
    );
    expect(condition("ReplicaFailure")).toMatchObject({ status: "True", reason: "FailedCreate", message });
    expect(ofRevision("ResourcesAvailable")).toMatchObject({ status: "False", reason: "FailedCreate", message });
  });
});
