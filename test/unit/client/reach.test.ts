import { describe, expect, test } from "vitest";
import { doorsOf, reachOf, urlWithPort } from "../../../src/client/reach.ts";

const doors = doorsOf("http://localhost:8080", { port: 8443 });

test("doors are those of the ingress and, once it is served, of https", () => {
  expect(doors).toEqual({ host: "localhost", http: 8080, https: 8443 });
  expect(doorsOf("http://192.0.2.7", undefined)).toEqual({ host: "192.0.2.7", http: 80 });
});

describe("a URL with its port", () => {
  test.each([
    ["http://hello.default.example.com", "http://hello.default.example.com:8080"],
    ["http://hello.default.localhost:8080", "http://hello.default.localhost:8080"],
    ["https://shop.example.com/", "https://shop.example.com:8443/"],
    ["no url", "no url"],
  ])("%s is opened as %s", (url, opened) => {
    expect(urlWithPort(url, doors)).toBe(opened);
  });

  test("default ports, and https that is not served, add nothing", () => {
    const plain = doorsOf("http://localhost", undefined);
    expect(urlWithPort("http://shop.example.com", plain)).toBe("http://shop.example.com");
    expect(urlWithPort("https://shop.example.com", plain)).toBe("https://shop.example.com");
  });
});

describe("how a URL is reached from here", () => {
  test.each([
    ["http://hello.default.localhost:8080", undefined],
    ["http://shop.localhost", "http://shop.localhost:8080"],
    ["http://shop.example.com", "curl --connect-to ::localhost:8080 http://shop.example.com"],
    ["https://shop.example.com", "curl --connect-to ::localhost:8443 https://shop.example.com"],
    ["", undefined],
  ])("%s: %s", (url, reach) => {
    expect(reachOf(url, doors)).toBe(reach);
  });

  test("a name that nobody resolves needs it also on port 80, and https that is not served is not reached", () => {
    const plain = doorsOf("http://localhost", undefined);
    expect(reachOf("http://shop.example.com", plain)).toBe("curl --connect-to ::localhost:80 http://shop.example.com");
    expect(reachOf("https://shop.example.com", plain)).toBeUndefined();
  });
});
