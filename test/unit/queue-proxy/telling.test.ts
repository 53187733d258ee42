import { describe, expect, test } from "vitest";
import { RequestLog } from "../../../src/data-plane/queue-proxy/request-log.ts";
import { routeTagOf, UserMetrics } from "../../../src/data-plane/queue-proxy/user-metrics.ts";
import { PaperExchange } from "../../support/paper-exchange.ts";

const IDENTITY = {
  namespace: "default",
  service: "hello",
  configuration: "hello",
  revision: "hello-00001",
  pod: "hello-pod",
  podIP: "10.0.0.7",
};

describe("the request log", () => {
  const lineOf = (template: string, headers: readonly string[] = ["Host", "h"]): string[] => {
    const lines: string[] = [];
    const log = new RequestLog({ template, probes: false, write: (line) => lines.push(line) }, IDENTITY);
    const exchange = new PaperExchange({ target: "/a?b", headers });
    log.log({ exchange, headers, status: 404, size: 12, latencyMs: 1500 });
    return lines;
  };

  test("fills the template with request, response and revision, one line each", () => {
    const template =
      '{"url":"{{.Request.RequestURI}}","agent":"{{.Request.UserAgent}}","status":{{.Response.Code}},' +
      '"latency":"{{.Response.Latency}}s","pod":"{{.Revision.PodName}}","trace":"{{.TraceID}}"}';
    const headers = ["Host", "h", "User-Agent", "curl", "traceparent", "00-abc-def-01"];
    expect(lineOf(template, headers)).toEqual([
      '{"url":"/a?b","agent":"curl","status":404,"latency":"1.5s","pod":"hello-pod","trace":"abc"}\n',
    ]);
  });

  test("says so when the template fails on a request, and nothing when it cannot be read", () => {
    expect(lineOf("{{.Request.Nothing}}")[0]).toMatch(/^Invalid request log template: method: GET, response code: 404/);
    expect(lineOf("{{")).toEqual([]);
  });
});

describe("the user's metrics", () => {
  test("carry Knative's names, buckets and labels", () => {
    const metrics = new UserMetrics(IDENTITY, { host: "127.0.0.1", port: 8080 });
    metrics.recordDepth(3);
    metrics.record({
      method: "GET",
      status: 200,
      routeTag: "kn:disabled",
      host: "h:8080",
      version: "1.1",
      requestBytes: 0,
      responseBytes: 2,
      totalMs: 80,
      appMs: 30,
    });
    const text = metrics.text();
    expect(text).toContain('http_server_request_duration_seconds_bucket{http_request_method="GET",');
    expect(text).toMatch(
      /kn_serving_invocation_duration_seconds_bucket\{http_response_status_code="200",le="0.025"\} 0\n/,
    );
    expect(text).toMatch(
      /kn_serving_invocation_duration_seconds_bucket\{http_response_status_code="200",le="0.05"\} 1\n/,
    );
    expect(text).toContain("kn_serving_queue_depth 3\n");
    expect(text).toContain('target_info{container_name="queue-proxy",k8s_namespace_name="default"');
    expect(text).toContain('server_address="h",server_port="8080"');
  });

  test.each([
    ["", "", "kn:disabled"],
    ["", "true", "kn:default"],
    ["blue", "true", "kn:undefined"],
    ["blue", "", "blue"],
  ])("tag %j with default route %j is %s", (tag, defaultRoute, value) => {
    expect(routeTagOf(tag, defaultRoute)).toBe(value);
  });
});
