import { beforeEach, describe, expect, test } from "vitest";
import type { CoreService, Endpoints } from "../../../../src/apis/core/types.ts";
import type { AnyObject } from "../../../../src/apis/meta/object.ts";
import type { IngressStatus, LoadBalancerStatus } from "../../../../src/apis/networking/types.ts";
import type { Route } from "../../../../src/apis/serving/types.ts";
import { ingressPlanner } from "../../../../src/control-plane/reconciler/ingress/ingress.ts";
import { knativePlanners } from "../../../../src/control-plane/reconciler/planners.ts";
import { behindLoadBalancer } from "../../../../src/control-plane/reconciler/route/placeholder-services.ts";
import { goalRollout, isSound, stepRollout } from "../../../../src/control-plane/reconciler/route/rollout.ts";
import { agree, knativeService, makePaperCluster, type PaperCluster } from "../../../support/paper-cluster.ts";

const VISIBILITY = "networking.knative.dev/visibility";
let cluster: PaperCluster;
const route = (name = "shop") => cluster.store.get("Route.serving.knative.dev", "default", name) as Route;
const condition = (type: string, name = "shop") =>
  route(name)?.status?.conditions?.find((found) => found.type === type);
const placeholder = (name = "shop") => cluster.store.get("Service", "default", name) as CoreService;
const bare = (name: string, traffic: readonly object[], labels = {}): AnyObject => ({
  apiVersion: "serving.knative.dev/v1",
  kind: "Route",
  metadata: { name, namespace: "default", labels },
  spec: { traffic },
});
beforeEach(() => {
  cluster = makePaperCluster();
});

describe("the target behind a placeholder", () => {
  const to = (ingress: NonNullable<LoadBalancerStatus["ingress"]>[number]): LoadBalancerStatus => ({
    ingress: [ingress],
  });
  const port = { name: "http2", appProtocol: "kubernetes.io/h2c", port: 80, targetPort: 80 };
  const table: readonly (readonly [string, IngressStatus, boolean, unknown])[] = [
    ["nothing yet", {}, false, undefined],
    [
      "an internal name",
      { privateLoadBalancer: to({ domainInternal: "gw.ns.svc.cluster.local" }) },
      false,
      { type: "ExternalName", externalName: "gw.ns.svc.cluster.local", sessionAffinity: "None", ports: [port] },
    ],
    [
      "a name",
      { privateLoadBalancer: to({ domain: "gw.example.com" }) },
      false,
      { type: "ExternalName", externalName: "gw.example.com", ports: [port] },
    ],
    [
      "an address, which is preferred to names",
      { privateLoadBalancer: to({ ip: "1.2.3.4", domainInternal: "gw" }) },
      false,
      { type: "ClusterIP", clusterIP: "None", ports: [port] },
    ],
    [
      "a mesh",
      { privateLoadBalancer: to({ meshOnly: true }) },
      false,
      { type: "ClusterIP", ports: [{ name: "http", port: 80, targetPort: 0 }] },
    ],
    [
      "the public gateway if there is no private one",
      { publicLoadBalancer: to({ domain: "public" }) },
      false,
      { type: "ExternalName", externalName: "public", ports: [port] },
    ],
    [
      "nothing for a private name without a private gateway",
      { publicLoadBalancer: to({ domain: "public" }) },
      true,
      undefined,
    ],
    ["nothing if there are two", { privateLoadBalancer: { ingress: [{ ip: "1" }, { ip: "2" }] } }, false, undefined],
  ];
  test.each(table)("the target of a placeholder is %s", (_, status, isPrivate, spec) => {
    expect(behindLoadBalancer(status, isPrivate)?.spec).toEqual(spec);
  });
});

describe("placeholder Services", () => {
  const KEY = { kind: "Ingress.networking.internal.knative.dev", namespace: "default", name: "shop" } as const;
  const point = (balancer: object): void => {
    const ingress = cluster.store.get(KEY.kind, KEY.namespace, KEY.name);
    cluster.store.writeStatus(KEY, { ...ingress?.status, privateLoadBalancer: { ingress: [balancer] } });
    cluster.work(knativePlanners.find(({ name }) => name === "route")!, {
      kind: "Route.serving.knative.dev",
      namespace: "default",
      name: "shop",
    });
  };
  beforeEach(() => {
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
  });

  test("placeholder Services follow the gateway from name to IP and back, with their Endpoints", () => {
    point({ ip: "1.2.3.4" });
    expect(placeholder().spec).toMatchObject({ type: "ClusterIP", clusterIP: "None" });
    const endpoints = cluster.store.get("Endpoints", "default", "shop") as Endpoints;
    expect(endpoints.subsets?.[0]?.addresses).toEqual([{ ip: "1.2.3.4" }]);
    point({ domainInternal: "gw" });
    expect(placeholder().spec).toMatchObject({ type: "ExternalName", externalName: "gw" });
    expect(cluster.store.get("Endpoints", "default", "shop")).toBeUndefined();
  });

  test("placeholder Services keep labels of others", () => {
    cluster.store.patchMerge(
      { kind: "Service", namespace: "default", name: "shop" },
      { metadata: { labels: { mine: "1" } } },
    );
    point({ domainInternal: "elsewhere" });
    expect(placeholder().metadata.labels).toMatchObject({ mine: "1", "serving.knative.dev/route": "shop" });
  });

  test("placeholder Services with another owner fail the Route and stay unchanged", () => {
    cluster = makePaperCluster();
    cluster.store.create({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "shop", namespace: "default" },
      spec: {},
    });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    const message = 'There is an existing placeholder Service "shop" that we do not own.';
    expect(condition("IngressReady")).toMatchObject({ status: "False", reason: "NotOwned", message });
    expect(placeholder().spec).toEqual({});
  });
});

describe("traffic", () => {
  test("a Route of a Service cannot refer to a revision of another Service", () => {
    cluster.store.create(knativeService("other", "example.com/other:v1"));
    const traffic = [{ revisionName: "other-00001", percent: 100 }];
    cluster.store.create(knativeService("shop", "example.com/shop:v1", { spec: { traffic } }));
    cluster.settle();
    expect(condition("AllTrafficAssigned")).toMatchObject({
      status: "False",
      reason: "RevisionNotOwned",
      message: 'Revision "other-00001" belongs to Service "other", not Service "shop".',
    });
  });

  test("a Route without a Service can refer to any revision, also to one that is created later", () => {
    cluster.store.create(bare("front", [{ configurationName: "shop", percent: 100 }]));
    cluster.settle();
    expect(condition("AllTrafficAssigned", "front")).toMatchObject({ status: "False", reason: "ConfigurationMissing" });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    expect(condition("Ready", "front")).toMatchObject({ status: "True" });
    const revision = cluster.store.get("Revision.serving.knative.dev", "default", "shop-00001");
    expect(revision?.metadata.annotations?.["serving.knative.dev/routes"]).toBe("front,shop");
  });

  test("a tag is private if its placeholder has the visibility label", () => {
    const traffic = [
      { latestRevision: true, percent: 100 },
      { latestRevision: true, percent: 0, tag: "next" },
    ];
    cluster.store.create(knativeService("shop", "example.com/shop:v1", { spec: { traffic } }));
    cluster.settle();
    const key = { kind: "Service", namespace: "default", name: "next-shop" } as const;
    cluster.store.patchMerge(key, { metadata: { labels: { [VISIBILITY]: "cluster-local" } } });
    cluster.settle();
    expect(route().status?.traffic?.map(({ url }) => url)).toEqual([
      undefined,
      "http://next-shop.default.svc.cluster.local",
    ]);
    expect(route().status?.url).toBe("http://shop.default.example.com");
  });
});

describe("a rollout", () => {
  const goal = (percent: number, revisionName: string) => ({
    configurations: [{ configurationName: "c", percent, revisions: [{ revisionName, percent }], stepParams: {} }],
  });
  test("a rollout moves a share of one percent or less at once", () => {
    expect(stepRollout(goal(1, "new"), goal(1, "old"), 5).rollout).toEqual(goal(1, "new"));
  });
  test("a third revision joins a rollout of two revisions", () => {
    const two = stepRollout(goal(100, "b"), goal(100, "a"), 1e9).rollout;
    const three = stepRollout(goal(100, "c"), two, 2e9).rollout.configurations?.[0];
    expect(three?.revisions).toEqual([
      { revisionName: "a", percent: 99 },
      { revisionName: "c", percent: 1 },
    ]);
    expect(three?.stepParams).toEqual({ starttime: 2e9 });
  });
  test("a rollout ignores an invalid state", () => {
    const [configuration] = goal(100, "a").configurations;
    expect(isSound({ configurations: [configuration!] })).toBe(true);
    expect(isSound({ configurations: [{ ...configuration!, percent: 90 }] })).toBe(false);
  });
  test("a rollout has no targets with 0 %", () => {
    const target = {
      tag: "",
      revisionName: "a",
      configurationName: "c",
      latestRevision: true,
      percent: 0,
      protocol: "http1",
    } as const;
    expect(goalRollout({ groups: new Map([["", [target]]]), targets: [] })).toEqual({});
  });
});

describe("the gateway", () => {
  test("an Ingress is ready once the gateway serves its current version", () => {
    let served = false;
    cluster = makePaperCluster({
      answers: (question) => (question.ask === "IngressProbe" ? { ok: served } : agree(question)),
    });
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    expect(condition("IngressReady")).toMatchObject({ status: "Unknown", reason: "Uninitialized" });
    served = true;
    cluster.settle();
    expect(condition("IngressReady")).toMatchObject({ status: "True" });
    const key = { kind: ingressPlanner.kind, namespace: "default", name: "shop" };
    expect(cluster.work(ingressPlanner as never, key).ask).toBeUndefined();
  });
});
