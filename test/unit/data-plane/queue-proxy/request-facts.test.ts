import { describe, expect, test } from "vitest";
import {
  makeContainerHeaders,
  makeForwarded,
  readFacts,
} from "../../../../src/data-plane/queue-proxy/request-facts.ts";

const rewritten = (headers: readonly string[]): string[] =>
  makeContainerHeaders(headers, readFacts(headers), "10.0.0.9");

describe("Forwarded", () => {
  test.each([
    [{ xff: "203.0.113.7" }, "for=203.0.113.7"],
    [{ xff: "a, b,c" }, "for=a, for=b, for=c"],
    [{ xff: "a,,b" }, "for=a, for=, for=b"],
    [{ xff: "," }, "for="],
    [{ xff: "2001:db8::1" }, 'for="[2001:db8::1]"'],
    [{ xff: "a, b", proto: "https", host: "h" }, "for=a;host=h;proto=https, for=b"],
    [{ host: "h" }, "host=h"],
    [{ xff: "" }, undefined],
    [{}, undefined],
  ])("the Forwarded header for %j is %s", (from, value) => {
    expect(makeForwarded({ xff: undefined, proto: undefined, host: undefined, ...from })).toBe(value);
  });
});

describe("headers for the container", () => {
  test("the container gets the mapped host, no headers of the revision, and the peer appended", () => {
    expect(
      rewritten([
        "Host",
        "pod",
        "K-Original-Host",
        "app.example.com",
        "Knative-Serving-Revision",
        "r",
        "knative-serving-namespace",
        "n",
        "X-Forwarded-For",
        "1.1.1.1",
        "x-forwarded-for",
        "2.2.2.2",
      ]),
    ).toEqual(["Host", "app.example.com", "X-Forwarded-For", "1.1.1.1, 2.2.2.2, 10.0.0.9", "Forwarded", "for=1.1.1.1"]);
  });

  test.each([
    ["one User-Agent", ["User-Agent", "a", "user-agent", "b"], ["User-Agent", "a"]],
    ["no empty User-Agent", ["User-Agent", ""], []],
    [
      "a new Forwarded instead of an empty one",
      ["Forwarded", "", "X-Forwarded-Proto", "https"],
      ["X-Forwarded-Proto", "https", "Forwarded", "proto=https"],
    ],
    [
      "one new Forwarded if the first of several is empty",
      ["Forwarded", "", "Forwarded", "for=2", "X-Forwarded-Host", "a"],
      ["X-Forwarded-Host", "a", "Forwarded", "host=a"],
    ],
    [
      "the client's Forwarded lines",
      ["Forwarded", "for=2", "Forwarded", "", "X-Forwarded-Host", "a"],
      ["Forwarded", "for=2", "Forwarded", "", "X-Forwarded-Host", "a"],
    ],
    [
      "an empty first K-Original-Host unchanged",
      ["K-Original-Host", "", "K-Original-Host", "b"],
      ["K-Original-Host", "", "K-Original-Host", "b"],
    ],
  ])("the container sees %s (Q23, Q27)", (_what, headers, expected) => {
    expect(rewritten(["Host", "h", ...headers])).toEqual(["Host", "h", ...expected, "X-Forwarded-For", "10.0.0.9"]);
  });

  test("the first header of a name is used, even if it is empty", () => {
    const first = ["K-Network-Hash", "", "K-Network-Hash", "b", "K-Network-Probe", "probe", "k-network-probe", "queue"];
    expect(readFacts([...first, "K-Proxy-Request", "x", "K-Proxy-Request", "activator"])).toMatchObject({
      networkHash: "",
      networkProbe: "probe",
      proxyRequest: "x",
    });
  });

  test("a kubelet request keeps its Host", () => {
    const headers = ["Host", "pod", "K-Original-Host", "x", "K-Kubelet-Probe", "y"];
    expect(rewritten(headers)).toEqual([...headers, "X-Forwarded-For", "10.0.0.9"]);
  });

  test("headers that Connection names are removed before the peer is appended", () => {
    expect(rewritten(["Host", "h", "X-Forwarded-For", "1.1.1.1", "Connection", "X-Forwarded-For, Upgrade"])).toEqual([
      "Host",
      "h",
      "Connection",
      "Upgrade",
      "Forwarded",
      "for=1.1.1.1",
      "X-Forwarded-For",
      "10.0.0.9",
    ]);
  });

  test("an existing Forwarded is kept, an empty one is replaced", () => {
    expect(rewritten(["Forwarded", "for=x", "X-Forwarded-For", "a"])).not.toContain("for=a");
    expect(rewritten(["Forwarded", "", "X-Forwarded-For", "a"])).toContain("for=a");
  });
});
