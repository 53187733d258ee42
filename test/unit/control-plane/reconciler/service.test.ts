import { describe, expect, test } from "vitest";
import { makeServingConfig } from "../../../../src/apis/config/serving-config.ts";
import type { ApiStatus } from "../../../../src/apis/meta/api-status.ts";
import type { Stored } from "../../../../src/apis/meta/object.ts";
import type { DomainMapping, Service } from "../../../../src/apis/serving/types.ts";
import { resolveReference } from "../../../../src/control-plane/reconciler/domain-mapping/domain-mapping.ts";
import { makeDomainIngress } from "../../../../src/control-plane/reconciler/domain-mapping/make-domain-ingress.ts";
import { servicePlanner } from "../../../../src/control-plane/reconciler/service/service.ts";
import { knativeService, makePaperCluster } from "../../../support/paper-cluster.ts";
import { asStored, makeStore, written } from "../../../support/store.ts";
import { makeWorld } from "../../../support/world.ts";

const { config } = makeServingConfig(new Map());

describe("a Service", () => {
  test("a Service shows that the API refuses its Configuration, and makes no Route", () => {
    const store = makeStore();
    const service = written(store.create(knativeService("shop", "example.com/shop:v1"))) as Stored<Service>;
    const refused = { message: "no room", code: 403 } as ApiStatus;
    const refusal = ({ kind }: { kind: string }) => (kind.startsWith("Configuration") ? refused : undefined);
    const plan = servicePlanner.reconcile(service, makeWorld(store, config, { refusal }));
    expect(plan.error).toBe("failed to create Configuration: no room");
    expect(plan.events).toEqual([
      { type: "Warning", reason: "CreationFailed", message: 'Failed to create Configuration "shop": no room' },
    ]);
    expect(plan.ensure?.map(({ key }) => key.kind)).toEqual(["Configuration.serving.knative.dev"]);
    expect(plan.status?.observedGeneration).toBe(1);
  });

  test("a Service does not change its Route while another Configuration owns the revision name", () => {
    const cluster = makePaperCluster();
    cluster.store.create(knativeService("shop", "example.com/shop:v1"));
    cluster.settle();
    const before = cluster.store.get("Route.serving.knative.dev", "default", "shop");
    const metadata = { name: "shop-mine" };
    cluster.store.create({
      apiVersion: "serving.knative.dev/v1",
      kind: "Revision",
      metadata: { ...metadata, namespace: "default" },
      spec: { containers: [{ image: "example.com/else:v1" }] },
    });
    const key = { kind: "Service.serving.knative.dev", namespace: "default", name: "shop" } as const;
    const traffic = [{ revisionName: "shop-mine", percent: 100 }];
    cluster.store.patchMerge(key, { spec: { template: { metadata }, traffic } });
    cluster.settle();
    const found = cluster.store.get(key.kind, key.namespace, key.name)?.status?.conditions;
    expect(found?.find(({ type }) => type === "RoutesReady")).toMatchObject({
      status: "False",
      reason: "RevisionNameTaken",
      message: 'The revision name "shop-mine" is taken by a conflicting Revision, so traffic will not be migrated',
    });
    expect(cluster.store.get("Route.serving.knative.dev", "default", "shop")?.spec).toEqual(before?.spec);
  });
});

describe("the Ingress of a DomainMapping", () => {
  test("a challenge of its host comes before the traffic, and another host gets a rule of its own (11 E3)", () => {
    const challenge = (host: string, token: string) => ({
      url: `http://${host}/.well-known/acme-challenge/${token}`,
      serviceName: "solver",
      serviceNamespace: "default",
      servicePort: 8089,
    });
    const hosts = ["k.example.org", "www.example.org", "www.example.org"];
    const challenges = hosts.map((host, index) => challenge(host, `t${index}`));
    const mapping: DomainMapping = {
      apiVersion: "serving.knative.dev/v1beta1",
      kind: "DomainMapping",
      metadata: { name: "www.example.org", namespace: "default" },
      spec: { ref: { kind: "Service", name: "shop" } },
    };
    const target = { host: "shop.default.svc.cluster.local", service: "shop" };
    const made = makeDomainIngress(asStored(mapping), target, { tls: [], challenges }, config);
    const rules = made.ok ? (made.value.spec.rules ?? []) : [];
    expect(rules.map(({ hosts, visibility }) => [hosts, visibility])).toEqual([
      [["www.example.org"], "ExternalIP"],
      [["k.example.org"], "ExternalIP"],
    ]);
    const pathsOf = (index: number) => rules[index]?.http?.paths?.map(({ path }) => path);
    const prefix = "/.well-known/acme-challenge";
    expect(pathsOf(0)).toEqual([`${prefix}/t2`, `${prefix}/t1`, undefined]);
    expect(pathsOf(1)).toEqual([`${prefix}/t0`]);
    const split = { serviceName: "solver", serviceNamespace: "default", servicePort: 8089, percent: 100 };
    expect(rules[1]?.http?.paths?.[0]?.splits).toEqual([split]);
  });
});

describe("the reference of a DomainMapping", () => {
  const mapping = (ref: DomainMapping["spec"]["ref"]): DomainMapping => ({
    apiVersion: "serving.knative.dev/v1beta1",
    kind: "DomainMapping",
    metadata: { name: "www.example.org", namespace: "default" },
    spec: { ref },
  });
  const ksvc = { apiVersion: "serving.knative.dev/v1", kind: "Service", name: "shop" };
  const withAddress = (url: string | undefined) => {
    const store = makeStore();
    store.create(knativeService("shop", "example.com/shop:v1"));
    const key = { kind: "Service.serving.knative.dev", namespace: "default", name: "shop" } as const;
    if (url) store.writeStatus(key, { address: { url } });
    return makeWorld(store, config);
  };

  test("a reference resolves to the Service of its address", () => {
    const world = withAddress("http://shop.default.svc.cluster.local");
    const target = { host: "shop.default.svc.cluster.local", service: "shop" };
    expect(resolveReference(asStored(mapping(ksvc)), world)).toEqual(target);
  });

  test("a reference can be a core Service, which always has an address", () => {
    const store = makeStore();
    store.create({ apiVersion: "v1", kind: "Service", metadata: { name: "plain", namespace: "default" }, spec: {} });
    const found = resolveReference(
      asStored(mapping({ apiVersion: "v1", kind: "Service", name: "plain" })),
      makeWorld(store, config),
    );
    expect(found).toEqual({ host: "plain.default.svc.cluster.local", service: "plain" });
  });

  test.each([
    [
      "has no address yet",
      undefined,
      "address not set for Kind = Service, Namespace = default, Name = shop, APIVersion = serving.knative.dev/v1, Group = , Address = ",
    ],
    [
      "has a path",
      "http://shop.default.svc.cluster.local/x",
      'resolved URI "http://shop.default.svc.cluster.local/x" contains a path',
    ],
    [
      "is outside the cluster",
      "http://shop.example.com",
      'resolved URI "http://shop.example.com" must be of the form {name}.{namespace}.svc.cluster.local',
    ],
    [
      "is in another namespace",
      "http://shop.other.svc.cluster.local",
      'resolved URI "http://shop.other.svc.cluster.local" must be in same namespace as DomainMapping',
    ],
  ])("a reference is refused when it %s", (_, url, because) => {
    expect(resolveReference(asStored(mapping(ksvc)), withAddress(url))).toMatchObject({ because });
  });
});
