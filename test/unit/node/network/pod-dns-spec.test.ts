// Tests the resolver settings of a Pod's containers by its dnsPolicy and dnsConfig.
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
  test("by default a pod uses cluster DNS and searches its own namespace", () => {
    expect(rendered({})).toEqual(cluster);
    expect(rendered({ dnsPolicy: "ClusterFirst" })).toEqual(cluster);
  });

  test("policy Default uses the node's resolvers without search domains", () => {
    expect(rendered({ dnsPolicy: "Default" })).toEqual({ servers: ["10.213.0.1"], searches: ["."], options: [] });
  });

  test("policy None uses only dnsConfig", () => {
    const dnsConfig = { nameservers: ["192.0.2.1"], searches: ["corp.example"], options: [{ name: "edns0" }] };
    expect(rendered({ dnsPolicy: "None", dnsConfig })).toEqual({
      servers: ["192.0.2.1"],
      searches: ["corp.example"],
      options: ["edns0"],
    });
  });

  test("dnsConfig is added to the policy's settings without duplicates, and its options override", () => {
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
