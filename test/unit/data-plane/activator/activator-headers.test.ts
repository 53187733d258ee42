import { describe, expect, it } from "vitest";
import { activatorHeaders } from "../../../../src/data-plane/activator/revision-path.ts";

describe("activatorHeaders (A5, P6)", () => {
  it("the activator marks a request as proxied and removes the revision's headers and the probe hash", () => {
    const headers = [
      ...["Host", "hello.default.example.com"],
      ...["knative-serving-revision", "hello-00001", "Knative-Serving-Namespace", "default"],
      ...["K-Network-Hash", "abc", "X-Custom-Header", "1", "Knative-Serving-Tag", "next"],
    ];
    expect(activatorHeaders(headers, "10.0.0.1")).toEqual([
      ...["Host", "hello.default.example.com", "X-Custom-Header", "1", "Knative-Serving-Tag", "next"],
      ...["K-Proxy-Request", "activator", "X-Forwarded-For", "10.0.0.1"],
    ]);
  });

  it("the activator replaces the client's K-Proxy-Request and keeps other names of the same length", () => {
    expect(activatorHeaders(["k-proxy-request", "me", "x-forwarded-abc", "2", "a".repeat(24), "3"], "h")).toEqual([
      ...["x-forwarded-abc", "2", "a".repeat(24), "3", "K-Proxy-Request", "activator", "X-Forwarded-For", "h"],
    ]);
  });

  it("the activator joins X-Forwarded-For lines and appends the previous hop", () => {
    expect(activatorHeaders(["X-Forwarded-For", "1.1.1.1", "x-forwarded-for", "2.2.2.2"], "3.3.3.3").slice(-2)).toEqual(
      ["X-Forwarded-For", "1.1.1.1, 2.2.2.2, 3.3.3.3"],
    );
  });

  it("the activator keeps the client's K-Original-Host, which the queue-proxy then trusts (T12)", () => {
    expect(activatorHeaders(["K-Original-Host", "evil.example"], "h").slice(0, 2)).toEqual([
      "K-Original-Host",
      "evil.example",
    ]);
  });
});
