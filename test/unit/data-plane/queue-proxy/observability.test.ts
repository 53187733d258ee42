import { describe, expect, test } from "vitest";
import { RequestLog } from "../../../../src/data-plane/queue-proxy/request-log.ts";
import { type MeasuredRequest, routeTagOf, UserMetrics } from "../../../../src/data-plane/queue-proxy/user-metrics.ts";
import { PaperExchange } from "../../../support/paper-exchange.ts";

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

  test("the request log fills the template with request, response and revision, one line each", () => {
    const template =
      '{"url":"{{.Request.RequestURI}}","agent":"{{.Request.UserAgent}}","status":{{.Response.Code}},' +
      '"latency":"{{.Response.Latency}}s","pod":"{{.Revision.PodName}}","trace":"{{.TraceID}}"}';
    const headers = ["Host", "h", "User-Agent", "curl", "traceparent", "00-abc-def-01"];
    expect(lineOf(template, headers)).toEqual([
      '{"url":"/a?b","agent":"curl","status":404,"latency":"1.5s","pod":"hello-pod","trace":"abc"}\n',
    ]);
  });

  test("the request log has an error line if the template fails on a request, and is off if it is invalid", () => {
    expect(lineOf("{{.Request.Nothing}}")[0]).toMatch(/^Invalid request log template: method: GET, response code: 404/);
    expect(lineOf("{{")).toEqual([]);
  });
});

describe("the user's metrics", () => {
  const served = {
    method: "GET",
    status: 200,
    routeTag: "kn:disabled",
    host: "h:8080",
    version: "1.1",
    requestBytes: 0,
    responseBytes: 2,
    totalMs: 80,
    invocation: { ms: 30, status: 200, untilHeadMs: 20, headStatus: 200 },
  } as const;
  const textOf = (...all: readonly MeasuredRequest[]): string => {
    const metrics = new UserMetrics(IDENTITY, { host: "127.0.0.1", port: 8080 });
    for (const measured of all) metrics.record(measured);
    return metrics.text();
  };
  const scope = (name: string, version: string): string =>
    `otel_scope_name="${name}",otel_scope_schema_url="",otel_scope_version="${version}"`;
  const http = scope("go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "0.69.0");
  const kn = scope("knative.dev/serving/pkg/queue", "");

  test("the user's metrics have Knative's names, buckets and labels (Q44)", () => {
    const lines = textOf(served).split("\n");
    const labels = (...server: string[]) =>
      [
        'http_request_method="GET",http_response_status_code="200",kn_route_tag="kn:disabled"',
        `network_protocol_name="http",network_protocol_version="1.1",${http}`,
        ...server,
        'url_scheme="http"',
      ].join(",");
    const atDoor = labels('server_address="h",server_port="8080"');
    const atApp = labels('server_address="127.0.0.1",server_port="8080"');
    const app = `http_response_status_code="200",${kn}`;
    expect(lines).toEqual(
      expect.arrayContaining([
        "# TYPE http_server_request_duration_seconds histogram",
        `http_server_request_duration_seconds_sum{${atDoor}} 0.08`,
        `http_server_request_body_size_bytes_bucket{${atDoor},le="0"} 1`,
        `http_server_response_body_size_bytes_bucket{${atDoor},le="0"} 0`,
        `http_server_response_body_size_bytes_bucket{${atDoor},le="5"} 1`,
        `http_client_request_duration_seconds_sum{${atApp}} 0.02`,
        `http_client_request_body_size_bytes_count{${atApp}} 1`,
        `kn_serving_invocation_duration_seconds_bucket{${app},le="0.025"} 0`,
        `kn_serving_invocation_duration_seconds_bucket{${app},le="0.05"} 1`,
        `kn_serving_invocation_duration_seconds_bucket{${app},le="+Inf"} 1`,
      ]),
    );
    expect(lines.at(-2)).toBe(
      'target_info{container_name="queue-proxy",k8s_namespace_name="default",k8s_pod_name="hello-pod",' +
        'kn_configuration_name="hello",kn_revision_name="hello-00001",kn_service_name="hello",' +
        'service_instance_id="hello-pod",service_name="hello",service_version="unknown"} 1',
    );
  });

  test("the user's metrics show the queue depth only if there is a concurrency limit", () => {
    const metrics = new UserMetrics(IDENTITY, { host: "127.0.0.1", port: 8080 });
    expect(metrics.text()).not.toContain("kn_serving_queue_depth");
    metrics.recordDepth(3);
    expect(metrics.text()).toContain(`# TYPE kn_serving_queue_depth gauge\nkn_serving_queue_depth{${kn}} 3\n`);
  });

  test.each<[string, Partial<MeasuredRequest>, string]>([
    ["no port if it is 80", { host: "h:80" }, 'server_address="h",url_scheme'],
    ["no port if the host has none", { host: "h" }, 'server_address="h",url_scheme'],
    ["an address without brackets", { host: "[::1]:90" }, 'server_address="::1",server_port="90"'],
    ["methods in capitals", { method: "get" }, 'http_request_method="GET"'],
    ["unknown methods as _OTHER", { method: "BREW" }, 'http_request_method="_OTHER"'],
    ["HTTP/2 as 2.0", { version: "2" }, 'network_protocol_version="2.0"'],
    ["escaped quotes", { routeTag: 'a"b\\' }, 'kn_route_tag="a\\"b\\\\"'],
  ])("the user's metrics name %s", (_what, change, label) => {
    const line = textOf({ ...served, ...change })
      .split("\n")
      .find((each) => each.startsWith("http_server_request_duration_seconds_count"));
    expect(line).toContain(label);
  });

  test("response sizes exclude aborted responses, and request counts of the container exclude refused requests", () => {
    const refused = { ...served, status: 503, invocation: undefined };
    const broken = { ...served, status: undefined, invocation: { ...served.invocation, status: 500 } };
    const count = (text: string, name: string) => text.split("\n").filter((line) => line.startsWith(`${name}_count`));
    const text = textOf(broken, refused);
    expect(count(text, "http_server_request_duration_seconds")).toMatchObject([expect.stringContaining('"503"')]);
    expect(count(text, "kn_serving_invocation_duration_seconds")).toMatchObject([expect.stringContaining('"500"')]);
  });

  test("the user's metrics mark a container that did not respond", () => {
    const text = textOf({
      ...served,
      status: 502,
      invocation: { ...served.invocation, status: 502, headStatus: undefined },
    });
    expect(text).toContain(
      'http_client_request_duration_seconds_count{error_type="_OTHER",http_request_method="GET",kn',
    );
  });

  test.each([
    ["", "", "kn:disabled"],
    ["", "true", "kn:default"],
    ["blue", "true", "kn:undefined"],
    ["blue", "", "blue"],
  ])("the route tag for %j with default route %j is %s", (tag, defaultRoute, value) => {
    expect(routeTagOf(tag, defaultRoute)).toBe(value);
  });
});
