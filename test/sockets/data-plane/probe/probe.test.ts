// Tests probes against real listeners, and the readiness based on them.

import { createServer, type Server } from "node:http";
import { createServer as createH2 } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Probe } from "../../../../src/apis/core/pod-spec.ts";
import { monotonicClock } from "../../../../src/base/monotonic-clock.ts";
import { attemptProbe } from "../../../../src/data-plane/probe/attempt.ts";
import type { ProbeAttempt } from "../../../../src/data-plane/probe/probe-result.ts";
import { Readiness } from "../../../../src/data-plane/queue-proxy/readiness.ts";

const open: { close(): unknown; closeAllConnections?(): void }[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections?.();
    server.close();
  }
});

async function listen(server: Server, port = 0): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

const attempt = (probe: Probe, port: number, more: Partial<ProbeAttempt> = {}) =>
  attemptProbe({ probe, host: "127.0.0.1", port, timeoutMs: 500, prober: "queue-proxy", ...more });

describe("a probe", () => {
  test("a header or port that cannot be sent is a failure, never an exception (11 A1)", async () => {
    const httpHeaders = [{ name: "X-A", value: "a\nb" }];
    for (const prober of ["kubelet", "queue-proxy"] as const) {
      for (const detectHttp2 of [false, true]) {
        const bad = await attempt({ httpGet: { path: "/", port: 1, httpHeaders } }, 1, { prober, detectHttp2 });
        expect(bad.ok).toBe(false);
      }
      for (const probe of [{ httpGet: { port: 70_000 } }, { tcpSocket: { port: 70_000 } }, { grpc: { port: 70_000 } }])
        expect((await attempt(probe, 70_000, { prober })).ok).toBe(false);
    }
  });

  test("httpGet is ready from 200 to 399, with the queue-proxy's own headers", async () => {
    const received: string[][] = [];
    let status = 200;
    const port = await listen(
      createServer((request, response) => {
        received.push(request.rawHeaders);
        response.writeHead(status).end();
      }),
    );
    const probe: Probe = {
      httpGet: {
        path: "ready",
        httpHeaders: [
          { name: "X-A", value: "1" },
          { name: "Host", value: "x" },
        ],
      },
    };
    const results = [];
    for (status of [200, 399, 400, 503]) results.push(await attempt(probe, port));
    expect(results.map(({ ok }) => ok)).toEqual([true, true, false, false]);
    expect(results[3]).toEqual({ ok: false, message: "HTTP probe failed with statuscode: 503" });
    expect(received[0]).toEqual([
      "Host",
      `127.0.0.1:${port}`,
      "X-A",
      "1",
      "User-Agent",
      "kube-probe//",
      "Accept-Encoding",
      "gzip",
      "Connection",
      "close",
    ]);
  });

  test("a probe of the kubelet uses the Host of the probe and does not follow a redirect to another host", async () => {
    const hosts: (string | undefined)[] = [];
    const port = await listen(
      createServer((request, response) => {
        hosts.push(request.headers.host);
        response.writeHead(302, { location: "http://other.invalid/" }).end();
      }),
    );
    const probe: Probe = { httpGet: { path: "/", httpHeaders: [{ name: "Host", value: "app" }] } };
    expect(await attempt(probe, port, { prober: "kubelet" })).toEqual({ ok: true });
    expect(hosts).toEqual(["app"]);
    expect((await attempt(probe, port)).ok).toBe(false);
  });

  test("redirects are followed at most ten times", async () => {
    let hops = 0;
    const port = await listen(
      createServer((request, response) => {
        hops += 1;
        if (request.url === "/end") response.end();
        else response.writeHead(302, { location: request.url === "/loop" ? "/loop" : "/end" }).end();
      }),
    );
    expect(await attempt({ httpGet: { path: "/start" } }, port)).toEqual({ ok: true });
    hops = 0;
    expect((await attempt({ httpGet: { path: "/loop" } }, port)).ok).toBe(false);
    expect(hops).toBe(11);
  });

  test("a probe without a response in time fails", async () => {
    const port = await listen(createServer(() => {}));
    const result = await attempt({ httpGet: { path: "/" } }, port, { timeoutMs: 50 });
    expect(result).toMatchObject({ ok: false, message: expect.stringContaining("deadline exceeded") });
  });

  test("tcpSocket is ready when the port accepts a connection", async () => {
    const port = await listen(createServer());
    expect(await attempt({ tcpSocket: {} }, port)).toEqual({ ok: true });
    for (const server of open.splice(0)) server.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await attempt({ tcpSocket: {} }, port)).toEqual({
      ok: false,
      message: `dial tcp 127.0.0.1:${port}: connect: connection refused`,
    });
  });

  test("grpc is ready when the service responds SERVING", async () => {
    const requests: string[] = [];
    let status = 1;
    const server = createH2();
    open.push(server);
    server.on("stream", (stream, headers) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        requests.push(`${headers[":path"]} ${Buffer.concat(chunks).subarray(7).toString()}`);
        stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
        stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, status]));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await attempt({ grpc: { service: "s" } }, port)).toEqual({ ok: true });
    status = 2;
    expect(await attempt({ grpc: {} }, port)).toEqual({
      ok: false,
      message: 'service unhealthy (responded with "NOT_SERVING")',
    });
    expect(requests[0]).toBe("/grpc.health.v1.Health/Check s");
  });

  test("with HTTP/2 detection an h2c app is probed over h2c, others over HTTP/1.1", async () => {
    const h1 = await listen(createServer((_request, response) => void response.end()));
    expect(await attempt({ httpGet: { path: "/" } }, h1, { detectHttp2: true })).toEqual({ ok: true });
    const server = createH2((_request, response) => void response.end());
    open.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await attempt({ httpGet: { path: "/" } }, port, { detectHttp2: true })).toEqual({ ok: true });
    expect((await attempt({ httpGet: { path: "/" } }, port)).ok).toBe(false);
  });

  test("an exec probe fails, because it cannot run outside the container", async () => {
    expect((await attempt({ exec: { command: ["true"] } }, 1)).ok).toBe(false);
  });
});

describe("readiness", () => {
  const readinessOf = (probes: readonly Probe[], port: number): Readiness =>
    new Readiness({
      probes,
      clock: monotonicClock,
      addressOf: () => ({ host: "127.0.0.1", port }),
      detectHttp2: false,
    });

  test("calls during an evaluation share its result", async () => {
    let requests = 0;
    const port = await listen(
      createServer((_request, response) => {
        requests += 1;
        setTimeout(() => response.end(), 50);
      }),
    );
    const readiness = readinessOf([{ httpGet: { path: "/" }, periodSeconds: 1, timeoutSeconds: 1 }], port);
    const results = await Promise.all([readiness.evaluate(), readiness.evaluate(), readiness.evaluate()]);
    expect(results.every(({ ok }) => ok)).toBe(true);
    expect(requests).toBe(1);
    await readiness.evaluate();
    expect(requests).toBe(2);
  });

  test("a pod is ready if all its probes succeed, or if it has none", async () => {
    const port = await listen(
      createServer((request, response) => {
        response.writeHead(request.url === "/bad" ? 500 : 200).end();
      }),
    );
    const once = { periodSeconds: 1, timeoutSeconds: 1 };
    const probes: Probe[] = [
      { ...once, httpGet: { path: "/" } },
      { ...once, httpGet: { path: "/bad" } },
    ];
    expect((await readinessOf(probes, port).evaluate()).ok).toBe(false);
    expect((await readinessOf([], port).evaluate()).ok).toBe(true);
  });
});
