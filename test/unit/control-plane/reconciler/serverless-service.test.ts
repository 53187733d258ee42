import { beforeEach, describe, expect, test } from "vitest";
import { makeServingConfig } from "../../../../src/apis/config/serving-config.ts";
import type { Deployment, Endpoints } from "../../../../src/apis/core/types.ts";
import { keyOf } from "../../../../src/apis/meta/key.ts";
import type { AnyObject, Stored } from "../../../../src/apis/meta/object.ts";
import type { ServerlessService } from "../../../../src/apis/networking/types.ts";
import { chooseSubset } from "../../../../src/control-plane/reconciler/serverless-service/choose-subset.ts";
import { serverlessServicePlanner } from "../../../../src/control-plane/reconciler/serverless-service/serverless-service.ts";
import type { ObjectStore } from "../../../../src/control-plane/store/object-store.ts";
import { makeStore } from "../../../support/store.ts";
import { makeWorld } from "../../../support/world.ts";

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
describe("the plan of a ServerlessService", () => {
  function sksPlan(mode: "Serve" | "Proxy", pods: readonly string[], activators: readonly string[] | undefined) {
    const subsets = (ips: readonly string[]) =>
      ips.length === 0
        ? []
        : [
            {
              addresses: ips.map((ip) => ({ ip })),
              ports: [
                { name: "http", port: 8012 },
                { name: "http2", port: 8013 },
                { name: "https", port: 8112 },
              ],
            },
          ];
    const endpoints = (namespace: string, name: string, ips: readonly string[]): Endpoints => ({
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name, namespace },
      subsets: subsets(ips),
    });
    stored({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", namespace: "default" },
      spec: { selector: { matchLabels: { of: "hello" } }, template: { spec: { containers: [] } } },
    } satisfies Deployment);
    if (activators) store.create(endpoints("knative-serving", "activator-service", activators));
    store.create(endpoints("default", "hello-00001-private", pods));
    const sks = stored<ServerlessService>({
      apiVersion: "networking.internal.knative.dev/v1alpha1",
      kind: "ServerlessService",
      metadata: { name: "hello-00001", namespace: "default" },
      spec: { mode, numActivators: 2, objectRef: { name: "d" }, protocolType: "http1" },
    });
    const plan = serverlessServicePlanner.reconcile(sks, makeWorld(store, config));
    const made = plan.ensure?.find(({ key }) => key.kind === "Endpoints")?.create as Endpoints | undefined;
    const backends = made?.subsets?.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)) ?? [];
    return { plan, made, backends, of: (type: string) => plan.status?.conditions?.find((one) => one.type === type) };
  }

  test("a ServerlessService makes both Services, with the ports of queue-proxy and activator", () => {
    const { plan } = sksPlan("Proxy", [], ["10.9.0.1"]);
    const services = plan.ensure?.filter(({ key }) => key.kind === "Service").map(({ create }) => create);
    expect(services?.map((service) => service?.metadata.name)).toEqual(["hello-00001-private", "hello-00001"]);
    expect(services?.[0]?.spec).toMatchObject({ selector: { of: "hello" } });
    expect(services?.[1]?.spec).toEqual({
      ports: [
        { name: "http", protocol: "TCP", port: 80, targetPort: 8012 },
        { name: "https", protocol: "TCP", port: 443, targetPort: 8112 },
      ],
    });
    expect(plan.status).toMatchObject({ serviceName: "hello-00001", privateServiceName: "hello-00001-private" });
  });

  test.each([
    ["Serve with pods", "Serve", ["10.1.0.1"], ["10.9.0.1"], ["10.1.0.1"], "True", "False"],
    ["Proxy with pods", "Proxy", ["10.1.0.1"], ["10.9.0.1"], ["10.9.0.1"], "True", "True"],
    ["Serve without pods", "Serve", [], ["10.9.0.1"], ["10.9.0.1"], "Unknown", "True"],
    ["Proxy without activators", "Proxy", ["10.1.0.1"], [], ["10.1.0.1"], "True", "True"],
  ] as const)(
    "the public Endpoints have the right backends: %s",
    (_, mode, pods, activators, backends, populated, proxied) => {
      const plan = sksPlan(mode, pods, activators);
      expect(plan.backends).toEqual(backends);
      expect(plan.of("EndpointsPopulated")?.status).toBe(populated);
      expect(plan.of("ActivatorEndpointsPopulated")).toMatchObject({
        status: proxied,
        severity: "Info",
        message: "Revision is backed by Activator",
      });
      expect(plan.made?.subsets?.[0]?.ports?.map(({ port }) => port)).toEqual([8012, 8112]);
    },
  );

  test("without Endpoints of the activators, the plan of a ServerlessService fails and makes no Endpoints", () => {
    const { plan, made, of } = sksPlan("Proxy", [], undefined);
    expect(plan.error).toBe('failed to get activator service endpoints: endpoints "activator-service" not found');
    expect(made).toBeUndefined();
    expect(of("EndpointsPopulated")).toMatchObject({ status: "Unknown", reason: "CreatingPublicService" });
  });

  test("a subset of activators has the requested size, is stable, and changes little if an activator is removed", () => {
    const all = Array.from({ length: 20 }, (_, index) => `10.9.0.${index}`);
    const chosen = chooseSubset(all, 5, "hello-00001");
    expect(chosen.size).toBe(5);
    expect(chooseSubset([...all].reverse(), 5, "hello-00001")).toEqual(chosen);
    const fewer = chooseSubset(
      all.filter((ip) => chosen.has(ip) || ip !== "10.9.0.19"),
      5,
      "hello-00001",
    );
    expect([...fewer].filter((ip) => chosen.has(ip)).length).toBeGreaterThanOrEqual(3);
    expect(chooseSubset(all, 20, "x").size).toBe(20);
    expect(chooseSubset(all, 5, "other")).not.toEqual(chosen);
  });
});
