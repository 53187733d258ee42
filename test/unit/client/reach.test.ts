import { describe, expect, test } from "vitest";
import { gatewayPortsOf, reachOf, urlWithPort } from "../../../src/client/reach.ts";

const ports = gatewayPortsOf("http://localhost:8080", { port: 8443 });

test("the listeners are http and, if https is served, https", () => {
  expect(ports).toEqual({ host: "localhost", http: 8080, https: 8443 });
  expect(gatewayPortsOf("http://192.0.2.7", undefined)).toEqual({ host: "192.0.2.7", http: 80 });
});

describe("a URL with its port", () => {
  test.each([
    ["http://hello.default.example.com", "http://hello.default.example.com:8080"],
    ["http://hello.default.localhost:8080", "http://hello.default.localhost:8080"],
    ["https://shop.example.com/", "https://shop.example.com:8443/"],
    ["no url", "no url"],
  ])("the URL %s with its port is %s", (url, opened) => {
    expect(urlWithPort(url, ports)).toBe(opened);
  });

  test("a default port, or https that is not served, leaves the URL unchanged", () => {
    const plain = gatewayPortsOf("http://localhost", undefined);
    expect(urlWithPort("http://shop.example.com", plain)).toBe("http://shop.example.com");
    expect(urlWithPort("https://shop.example.com", plain)).toBe("https://shop.example.com");
  });
});

describe("the command that reaches a URL from this machine", () => {
  test.each([
    ["http://hello.default.localhost:8080", undefined],
    ["http://shop.localhost", "http://shop.localhost:8080"],
    ["http://shop.example.com", "curl --connect-to ::localhost:8080 http://shop.example.com"],
    ["https://shop.example.com", "curl --connect-to ::localhost:8443 https://shop.example.com"],
    ["", undefined],
  ])("the URL %s is reached by %s", (url, reach) => {
    expect(reachOf(url, ports)).toBe(reach);
  });

  test("a name that does not resolve needs --connect-to also on port 80; https that is not served cannot be reached", () => {
    const plain = gatewayPortsOf("http://localhost", undefined);
    expect(reachOf("http://shop.example.com", plain)).toBe("curl --connect-to ::localhost:80 http://shop.example.com");
    expect(reachOf("https://shop.example.com", plain)).toBeUndefined();
  });
});
