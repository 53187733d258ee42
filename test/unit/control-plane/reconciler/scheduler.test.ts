import { describe, expect, test } from "vitest";
import type { CoreService, Endpoints, Pod } from "../../../../src/apis/core/types.ts";
import type { Stored } from "../../../../src/apis/meta/object.ts";
import { makeEndpoints } from "../../../../src/control-plane/reconciler/endpoints/endpoints.ts";
import { knativeService, makePaperCluster, type PaperCluster, READY_NODE } from "../../../support/paper-cluster.ts";
import { asStored } from "../../../support/store.ts";

const NODE = { kind: "Node", namespace: "", name: "paper" } as const;
const waiting = ({ store }: PaperCluster) => store.list("Pod").filter(({ spec }) => spec.nodeName === undefined);
const scheduled = (pod: Pod | undefined) => pod?.status?.conditions?.find(({ type }) => type === "PodScheduled");

function clusterWithRoom(allocatable: Readonly<Record<string, string>>): PaperCluster {
  const cluster = makePaperCluster();
  cluster.store.writeStatus(NODE, { allocatable, conditions: READY_NODE });
  return cluster;
}

describe("the scheduler", () => {
  test("Pods above the node's limit wait, and are scheduled when another Pod is removed", () => {
    const cluster = clusterWithRoom({ pods: "1" });
    cluster.store.create(knativeService("a", "example.com/app-a:v1"));
    cluster.store.create(knativeService("b", "example.com/app-b:v1"));
    cluster.settle();
    expect(waiting(cluster)).toHaveLength(1);
    const message = "0/1 nodes are available: 1 Too many pods.";
    expect(scheduled(waiting(cluster)[0])).toMatchObject({ status: "False", reason: "Unschedulable", message });
    const name = waiting(cluster)[0]?.metadata.name.startsWith("a") ? "b" : "a";
    cluster.store.delete({ kind: "Service.serving.knative.dev", namespace: "default", name });
    cluster.settle();
    expect(waiting(cluster)).toEqual([]);
    expect(scheduled(cluster.store.list("Pod")[0])).toMatchObject({ status: "True" });
  });

  test("Pods are not bound to a Node that is not ready, such as one that a user creates (11 A8)", () => {
    const cluster = makePaperCluster();
    cluster.store.create({ apiVersion: "v1", kind: "Node", metadata: { name: "a" } });
    cluster.store.create(knativeService("a", "example.com/app-a:v1"));
    cluster.settle();
    expect(cluster.store.list("Pod").map(({ spec }) => spec.nodeName)).toEqual(["paper"]);
    cluster.store.writeStatus(NODE, {});
    cluster.store.create(knativeService("b", "example.com/app-b:v1"));
    cluster.settle();
    const message = "0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.";
    expect(scheduled(waiting(cluster)[0])).toMatchObject({ status: "False", message });
  });

  test("the condition of a Pod names every missing resource, and the Revision shows it", () => {
    const cluster = clusterWithRoom({ cpu: "500m", memory: "64Mi", pods: "10" });
    const resources = { requests: { cpu: "1", memory: "1Gi" } };
    const template = { spec: { containers: [{ image: "example.com/app-a:v1", resources }] } };
    cluster.store.create(knativeService("a", "example.com/app-a:v1", { template }));
    cluster.settle();
    const message = "0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient memory.";
    expect(scheduled(waiting(cluster)[0])).toMatchObject({ reason: "Unschedulable", message });
    const revision = cluster.store.get("Revision.serving.knative.dev", "default", "a-00001");
    const found = revision?.status?.conditions?.find(({ type }) => type === "ResourcesAvailable");
    expect(found).toMatchObject({ status: "False", reason: "Unschedulable", message });
  });
});

describe("endpoints", () => {
  const pod = (name: string, ip: string, ready: boolean, port = 8080): Stored<Pod> =>
    asStored<Pod>({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: "default", uid: name },
      spec: { containers: [{ ports: [{ name: "web", containerPort: port }] }], nodeName: "paper" },
      status: { podIP: ip, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
    });
  const service = asStored<CoreService>({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "app", namespace: "default", uid: "s", labels: { a: "b" } },
    spec: { selector: { app: "x" }, ports: [{ name: "http", port: 80, targetPort: "web" }] },
  });

  test("Endpoints separate ready Pods from others and resolve named ports", () => {
    const { subsets, metadata } = makeEndpoints(service, [pod("one", "10.0.0.1", true), pod("two", "10.0.0.2", false)]);
    const target = (name: string) => ({ kind: "Pod", name, namespace: "default", uid: name });
    expect(subsets).toEqual([
      {
        addresses: [{ ip: "10.0.0.1", nodeName: "paper", targetRef: target("one") }],
        notReadyAddresses: [{ ip: "10.0.0.2", nodeName: "paper", targetRef: target("two") }],
        ports: [{ name: "http", port: 8080, protocol: "TCP" }],
      },
    ] satisfies Endpoints["subsets"]);
    expect(metadata.labels).toMatchObject({ a: "b", "endpoints.kubernetes.io/managed-by": "endpoint-controller" });
  });

  test("Endpoints group Pods by ports, and omit Pods without an address or with a deletion timestamp", () => {
    const going = { ...pod("going", "10.0.0.3", true) };
    const terminating = { ...going, metadata: { ...going.metadata, deletionTimestamp: "2024-05-01T10:00:00Z" } };
    const pods = [pod("one", "10.0.0.1", true), pod("two", "10.0.0.2", true, 9090), pod("new", "", true), terminating];
    expect(makeEndpoints(service, pods).subsets?.map(({ ports }) => ports?.[0]?.port)).toEqual([8080, 9090]);
  });
});
