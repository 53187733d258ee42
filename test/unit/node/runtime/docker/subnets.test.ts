// Tests the choice of a /24 for the network of a session.
import { describe, expect, test } from "vitest";
import { freeSubnets, gatewayOf } from "../../../../../src/node/runtime/docker/subnets.ts";

describe("subnets", () => {
  test("candidates are the /24 networks that overlap no other, in the order of the pools", () => {
    const taken = ["172.17.0.0/16", "10.213.0.0/24", "10.213.1.128/25", "fe80::/64", ""];
    expect(freeSubnets("10.213.0.0/16", taken)[0]).toBe("10.213.2.0/24");
    expect(freeSubnets("10.213.0.0/16", taken).length).toBe(254);
    expect(freeSubnets("10.0.0.0/24, 10.9.8.0/23", ["10.0.0.0/8", "10.9.8.0/24"])).toEqual([]);
    expect(freeSubnets("10.0.0.0/24,192.168.4.0/23", ["10.0.0.7/32"])).toEqual(["192.168.4.0/24", "192.168.5.0/24"]);
  });

  test("the gateway of a subnet is its first address", () => {
    expect(gatewayOf("10.213.7.0/24")).toBe("10.213.7.1");
  });
});
