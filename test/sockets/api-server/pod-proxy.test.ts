import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PodPorts } from "../../../src/api-server/pod-proxy.ts";
import { makeReply, sendReply } from "../../../src/data-plane/http/errors.ts";
import type { Exchange } from "../../../src/data-plane/http/exchange.ts";
import { type ApiRig, startApi } from "../../support/api.ts";

const POD = "/api/v1/namespaces/default/pods/hello-a";
const unreachable = (why: string) => ({
  kind: "Status",
  code: 503,
  reason: "ServiceUnavailable",
  message: `error trying to reach service: ${why}`,
});

let api: ApiRig;
/** The requests that a port received, as `pod:port method target body`, and the last exchange. */
let received: string[];
let last: Exchange;

const ports: PodPorts = (pod, port) => {
  if (port === 9999) return undefined;
  return async (exchange) => {
    let body = "";
    for await (const chunk of exchange.body) body += chunk;
    received.push(`${pod.metadata.name}:${port} ${exchange.method} ${exchange.target} ${body}`);
    last = exchange;
    if (port === 7777) return "EOF";
    if (port === 6666) return undefined;
    sendReply(exchange, makeReply(202, "accepted", ["X-From", "pod"]));
    return undefined;
  };
};

beforeEach(async () => {
  received = [];
  api = await startApi({ ports });
  const containers = [
    { name: "user-container", image: "x", ports: [{ containerPort: 8080, name: "user-port" }] },
    { name: "queue-proxy", image: "q", ports: [{ containerPort: 9090, name: "http-autometric" }] },
  ];
  const make = (name: string, podIP: string | undefined): void => {
    const key = { kind: "Pod", namespace: "default", name } as const;
    api.store.create({ apiVersion: "v1", kind: "Pod", metadata: key, spec: { containers } } as never);
    if (podIP) api.store.writeStatus(key, { phase: "Running", podIP });
  };
  make("hello-a", "10.0.0.7");
  make("hello-b", undefined);
});
afterEach(() => api[Symbol.asyncDispose]());

describe("a pod's port behind the API", () => {
  it("a pod's port gets method, path, query and body unchanged", async () => {
    const response = await api.send("GET", `${POD}:9091/proxy/metrics?a=%2F&b`);
    expect([response.status, response.headers.get("x-from"), await response.text()]).toEqual([202, "pod", "accepted"]);
    await api.send("POST", `${POD}:8080/proxy/a//b/../c/`, "hi", { "content-type": "text/plain" });
    await api.send("DELETE", `/token/secret${POD}:8080/proxy/x`);
    expect(received).toEqual([
      "hello-a:9091 GET /metrics?a=%2F&b ",
      // fetch resolves the dots before it sends the request.
      "hello-a:8080 POST /a//c/ hi",
      "hello-a:8080 DELETE /x ",
    ]);
  });

  it("the port is the first declared container port unless the request names one", async () => {
    for (const id of ["hello-a", "http:hello-a:", "http:hello-a:8080"]) {
      expect((await api.send("GET", POD.replace("hello-a", id).concat("/proxy/"))).status).toBe(202);
      await api.send("GET", POD.replace("hello-a", id).concat("/proxy"));
    }
    expect(received).toEqual(Array(6).fill("hello-a:8080 GET / "));
  });

  it("a pod's port does not get the headers for credentials and impersonation", async () => {
    await api.send("GET", `${POD}:8080/proxy/`, undefined, {
      "impersonate-user": "alice",
      "x-forwarded-for": "10.9.9.9",
      "x-mine": "1",
    });
    const names = last.headers.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names).toContain("x-mine");
    expect(names).not.toContain("authorization");
    expect(names).not.toContain("impersonate-user");
    expect(last.headers).toContain("10.9.9.9, 127.0.0.1");
  });

  it.each([
    [
      "no server listens on the port",
      `${POD}:9999/proxy/`,
      unreachable("dial tcp 10.0.0.7:9999: connect: connection refused"),
    ],
    ["the server closes the connection", `${POD}:7777/proxy/`, unreachable("EOF")],
    ["the request has a port name", `${POD}:web/proxy/`, unreachable("dial tcp: lookup tcp/web: unknown port")],
    [
      "the request has the scheme https",
      `${POD.replace("hello-a", "https:hello-a:8080")}/proxy/`,
      unreachable("http: server gave HTTP response to HTTPS client"),
    ],
    ["the pod has no address", `${POD.replace("hello-a", "hello-b")}:8080/proxy/`, { message: "address not allowed" }],
    ["there is no such pod", `${POD}x:8080/proxy/`, { code: 404, message: 'pods "hello-ax" not found' }],
    ["the scheme is unknown", `${POD.replace("hello-a", "ftp:hello-a:1")}/proxy/`, { code: 400 }],
  ])("a request is refused with a Status when %s", async (_why, path, status) => {
    const response = await api.send("GET", path);
    const body = (await response.json()) as { code: number };
    expect(body).toMatchObject({ kind: "Status", status: "Failure", ...status });
    expect(response.status).toBe(body.code);
  });

  it("the connection ends if the port accepts the request and does not respond", async () => {
    await expect(api.send("GET", `${POD}:6666/proxy/`)).rejects.toThrow();
    expect((await api.send("GET", `${POD}:8080/proxy/`)).status).toBe(202);
  });

  it("the pod proxy needs the token, and discovery lists it as a subresource", async () => {
    expect((await fetch(`${api.address}${POD}:8080/proxy/`)).status).toBe(401);
    const { resources } = (await (await api.send("GET", "/api/v1")).json()) as { resources: { name: string }[] };
    expect(resources.find(({ name }) => name === "pods/proxy")).toMatchObject({ kind: "PodProxyOptions" });
    expect(received).toEqual([]);
  });
});
