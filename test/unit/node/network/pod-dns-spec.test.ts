// Resolver settings of a Pod's containers, by its policy and config.
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

describe("renderDns", () => {
  test("by default it is the cluster's, in the pod's own namespace", () => {
    expect(rendered({})).toEqual(cluster);
    expect(rendered({ dnsPolicy: "ClusterFirst" })).toEqual(cluster);
  });

  test("policy Default has the node's resolvers and searches nothing", () => {
    expect(rendered({ dnsPolicy: "Default" })).toEqual({ servers: ["10.213.0.1"], searches: ["."], options: [] });
  });

  test("policy None is what the config says and nothing else", () => {
    const dnsConfig = { nameservers: ["192.0.2.1"], searches: ["corp.example"], options: [{ name: "edns0" }] };
    expect(rendered({ dnsPolicy: "None", dnsConfig })).toEqual({
      servers: ["192.0.2.1"],
      searches: ["corp.example"],
      options: ["edns0"],
    });
  });

  test("the config is added to the policy; its options win, nothing stands twice", () => {
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
