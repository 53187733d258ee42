import { describe, expect, it } from "vitest";
import { type GatewayHeaderOptions, gatewayHeaders } from "../../../../src/data-plane/ingress/gateway-headers.ts";

const options: GatewayHeaderOptions = {
  set: [],
  peer: "127.0.0.1",
  scheme: "http",
  hash: "the-hash",
  host: undefined,
  dropUpgrade: false,
  joinCookies: false,
};
const FORWARDED = ["X-Forwarded-For", "127.0.0.1", "X-Forwarded-Proto", "http"];

describe("gatewayHeaders", () => {
  it("the gateway keeps the client's headers and adds its address and scheme (I15)", () => {
    const headers = ["Host", "a.example", "traceparent", "00-1-2-01", "Cookie", "a", "Cookie", "b"];
    expect(gatewayHeaders(headers, options)).toEqual([...headers, ...FORWARDED]);
  });

  it("the gateway joins the cookie headers of an HTTP/2 client", () => {
    const headers = ["cookie", "a=1", "accept", "*/*", "cookie", "b=2"];
    expect(gatewayHeaders(headers, { ...options, joinCookies: true })).toEqual([
      ...["accept", "*/*", "cookie", "a=1; b=2", ...FORWARDED],
    ]);
  });

  it("the gateway appends the client to X-Forwarded-For and ignores its X-Forwarded-Proto", () => {
    const headers = ["X-Forwarded-For", "1.1.1.1", "x-forwarded-for", "2.2.2.2", "x-forwarded-proto", "http"];
    expect(gatewayHeaders(headers, { ...options, scheme: "https" })).toEqual([
      ...["X-Forwarded-For", "1.1.1.1, 2.2.2.2, 127.0.0.1", "X-Forwarded-Proto", "https"],
    ]);
  });

  it("the gateway replaces the client's headers by the route's (I9, T32)", () => {
    const set = [{ name: "Knative-Serving-Revision", lowerName: "knative-serving-revision", value: "hello-00001" }];
    expect(
      gatewayHeaders(["knative-serving-revision", "evil", "A", "1", "KNATIVE-SERVING-REVISION", "x"], {
        ...options,
        set,
      }),
    ).toEqual([...["A", "1", ...FORWARDED, "Knative-Serving-Revision", "hello-00001"]]);
  });

  it("the gateway sets the version in a probe that asks for it, and keeps a literal hash (I16, I17)", () => {
    expect(gatewayHeaders(["K-Network-Hash", "override"], options).slice(0, 2)).toEqual(["K-Network-Hash", "the-hash"]);
    expect(gatewayHeaders(["K-Network-Hash", "other"], options).slice(0, 2)).toEqual(["K-Network-Hash", "other"]);
  });

  it("the gateway rewrites the Host, also if there is none", () => {
    expect(gatewayHeaders(["host", "localhost", "A", "1"], { ...options, host: "hello.example" })).toEqual([
      ...["Host", "hello.example", "A", "1", ...FORWARDED],
    ]);
    expect(gatewayHeaders([], { ...options, host: "hello.example" }).slice(0, 2)).toEqual(["Host", "hello.example"]);
  });

  it("the gateway removes headers that Connection names, but never its own", () => {
    const headers = [
      "Connection",
      "close, X-Forwarded-For, k-proxy-request",
      "X-Forwarded-For",
      "1.1.1.1",
      "K-Proxy-Request",
      "x",
    ];
    expect(gatewayHeaders(headers, options)).toEqual(FORWARDED);
    expect(gatewayHeaders(["Connection", "Upgrade, X-Mine", "Upgrade", "websocket", "X-Mine", "1"], options)).toEqual([
      ...["Connection", "Upgrade", "Upgrade", "websocket", ...FORWARDED],
    ]);
  });

  it("the gateway serves a request for an h2c upgrade without the upgrade", () => {
    const headers = ["Connection", "Upgrade, HTTP2-Settings", "Upgrade", "h2c", "HTTP2-Settings", "AAMAAABk", "A", "1"];
    expect(gatewayHeaders(headers, { ...options, dropUpgrade: true })).toEqual(["A", "1", ...FORWARDED]);
  });
});
