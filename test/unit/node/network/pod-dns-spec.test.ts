// The resolver settings of a Pod's containers, by its dnsPolicy and dnsConfig.
import { describe, expect, test } from "vitest";
import type { Pod } from "../../../../src/apis/core/types.ts";
import { renderDns } from "../../../../src/node/network/pod-dns-spec.ts";

const rendered = (spec: Partial<Pod["spec"]>, namespace = "shop") =>
  renderDns(
    { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace }, spec: { containers: [], ...spec } },
    "10.213.0.1",
  );
const cluster = {
  servers: ["10.213.0.1"],
  searches: ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"],
  options: ["ndots:5"],
};

describe("the resolver settings of a pod", () => {
  test("use cluster DNS and search the pod's own namespace by default", () => {
    expect(rendered({})).toEqual(cluster);
    expect(rendered({ dnsPolicy: "ClusterFirst" })).toEqual(cluster);
  });

  test("use the node's resolvers without searches with policy Default", () => {
    expect(rendered({ dnsPolicy: "Default" })).toEqual({ servers: ["10.213.0.1"], searches: ["."], options: [] });
  });

  test("contain only dnsConfig with policy None", () => {
    const dnsConfig = { nameservers: ["192.0.2.1"], searches: ["corp.example"], options: [{ name: "edns0" }] };
    expect(rendered({ dnsPolicy: "None", dnsConfig })).toEqual({
      servers: ["192.0.2.1"],
      searches: ["corp.example"],
      options: ["edns0"],
    });
  });

  test("add dnsConfig to the policy without duplicates, and its options override", () => {
    const dnsConfig = {
      nameservers: ["192.0.2.1", "10.213.0.1"],
      searches: ["corp.example", "cluster.local"],
      options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
    };
    expect(rendered({ dnsConfig })).toEqual({
      servers: ["10.213.0.1", "192.0.2.1"],
      searches: [...cluster.searches, "corp.example"],
      options: ["ndots:2", "edns0"],
    });
  });
});
