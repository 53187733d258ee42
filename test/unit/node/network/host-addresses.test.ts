// Where knap listens for its gateway container.
import { expect, test } from "vitest";
import { relayHost, relayTargets } from "../../../../src/node/network/host-addresses.ts";

test("knap listens on its own address on the network; without one, on all addresses only on Linux (11 A6)", () => {
  expect(relayHost("10.213.0.1")).toBe("10.213.0.1");
  expect(relayHost(undefined)).toBe(process.platform === "linux" ? "0.0.0.0" : "127.0.0.1");
});

test("the gateway container searches for knap at its own address, else at the host's names and addresses", () => {
  expect(relayTargets("10.213.0.1", 7)).toEqual([{ host: "10.213.0.1", port: 7 }]);
  const hosts = relayTargets(undefined, 7).map(({ host }) => host);
  expect(hosts.slice(0, 2)).toEqual(["host.docker.internal", "host.containers.internal"]);
  expect(hosts).not.toContain("127.0.0.1");
});
