import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import type { Ingress } from "../../../../src/apis/networking/types.ts";
import { compileRoutingTable } from "../../../../src/data-plane/ingress/routing-table.ts";
import {
  ACTIVATOR_ADDRESS,
  DataPlane,
  GATEWAY_ADDRESS,
  HOST,
  listen,
  makeIngress,
} from "../../../support/data-plane.ts";

describe("the request path from the listener to the app", () => {
  let plane: DataPlane;
  const send: DataPlane["send"] = (...request) => plane.send(...request);
  const echo = () =>
    plane.app((incoming, reply) => reply.end(JSON.stringify({ target: incoming.url, headers: incoming.headers })));

  beforeEach(async () => {
    plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
  });
  afterEach(async () => {
    await plane[Symbol.asyncDispose]();
  });

  it("a request in mode Proxy has the headers of every hop (I15, A5, Q23, Q27, T23)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({ backends: [pod.backend()] });
    const { status, body } = await send("/a//b?c=%2F", {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "Knative-Serving-Revision": "evil",
      "X-Forwarded-Proto": "https",
    });
    const received = JSON.parse(body);
    expect([status, received.target]).toEqual([200, "/a//b?c=%2F"]);
    expect(received.headers).toMatchObject({
      host: HOST,
      forwarded: `for=127.0.0.1;proto=http, for=${GATEWAY_ADDRESS}`,
      "x-forwarded-for": `127.0.0.1, ${GATEWAY_ADDRESS}, ${ACTIVATOR_ADDRESS}`,
      "x-forwarded-proto": "http",
      "k-proxy-request": "activator",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    expect(Object.keys(received.headers).filter((name) => name.startsWith("knative-"))).toEqual([]);
  });

  it("a request in mode Serve has only the headers of the gateway (S3, S6)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({ backends: [pod.backend()], mode: "Serve" });
    const { headers } = JSON.parse((await send("/")).body);
    expect(headers["x-forwarded-for"]).toBe(`127.0.0.1, ${GATEWAY_ADDRESS}`);
    expect(headers["k-proxy-request"]).toBeUndefined();
    expect(plane.stats).toEqual([]);
  });

  it("the app sees the client's K-Original-Host as Host (A5, T12)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({ backends: [pod.backend()] });
    const { headers } = JSON.parse((await send("/", { "K-Original-Host": "mapped.example" })).body);
    expect(headers["host"]).toBe("mapped.example");
    expect(headers["k-original-host"]).toBeUndefined();
  });

  it("the app of a mapped domain sees the domain as Host (I29, T34)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({ backends: [pod.backend()] });
    const splits = [{ serviceNamespace: "default", serviceName: "hello", servicePort: 80, percent: 100 }];
    const mapping: Ingress = {
      ...makeIngress({}),
      metadata: { name: "www.example.com", namespace: "default" },
      spec: {
        rules: [
          {
            hosts: ["www.example.com"],
            visibility: "ExternalIP",
            http: {
              paths: [
                {
                  rewriteHost: "hello.default.svc.cluster.local",
                  splits: splits.map((split) => ({
                    ...split,
                    appendHeaders: { "K-Original-Host": "www.example.com" },
                  })),
                },
              ],
            },
          },
        ],
      },
    };
    plane.gateway.swap(compileRoutingTable([makeIngress({ "hello-00001": 100 }), mapping]));
    const { headers } = JSON.parse((await send("/", { Host: "www.example.com" })).body);
    expect(headers.host).toBe("www.example.com");
    expect(headers["x-forwarded-for"]).toBe(
      ["127.0.0.1", GATEWAY_ADDRESS, GATEWAY_ADDRESS, ACTIVATOR_ADDRESS].join(", "),
    );
  });

  it("the protocol to the app is that of the revision's port, not that of the client (I8, T24)", async () => {
    const app = createHttp2Server((incoming, reply) => {
      reply.end(`${incoming.httpVersion} ${incoming.authority}`);
    });
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    const h2c = plane.pod({ name: "a", port: (app.address() as AddressInfo).port });
    plane.update({ backends: [h2c.backend()] });
    plane.gateway.swap(compileRoutingTable([makeIngress({ "hello-00001": 100 }, 81)]));
    expect(await send("/")).toMatchObject({ status: 200, body: `2.0 ${HOST}` });
    const http1 = plane.pod({ name: "b", port: await echo() });
    plane.update({ backends: [http1.backend()] });
    plane.gateway.swap(compileRoutingTable([makeIngress({ "hello-00001": 100 })]));
    const session = connect(`http://127.0.0.1:${plane.listener.port}`);
    const stream = session.request({ ":path": "/x", ":authority": HOST, cookie: ["a=1", "b=2"] });
    let body = "";
    for await (const chunk of stream) body += chunk;
    expect(JSON.parse(body)).toMatchObject({ target: "/x", headers: { host: HOST, cookie: "a=1; b=2" } });
    session.destroy();
    app.close();
  });

  it("a timeout in mode Serve has the queue-proxy's text (T4)", async () => {
    const port = await plane.app(() => {});
    const pod = plane.pod({ name: "a", port, timeoutSeconds: 0.1 });
    plane.update({ timeoutSeconds: 0.1, mode: "Serve", backends: [pod.backend()] });
    expect(await send("/")).toMatchObject({ status: 504, body: "request timeout" });
  });

  it("WebSockets work in both modes, also for a client that waits for a pod (I14, T7, T36)", async () => {
    const server = plane.adopt(createServer());
    new WebSocketServer({ server }).on("connection", (socket) => {
      socket.on("message", (data) => socket.send(`echo ${data}`));
    });
    const pod = plane.pod({ name: "a", port: await listen(server) });
    const talk = async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${plane.listener.port}/`, { headers: { Host: HOST } });
      await once(socket, "open");
      socket.send("hi");
      const [data] = await once(socket, "message");
      // The WebSocket keeps its slot until it closes (T7).
      expect(plane.activator.loadOf("default/hello-00001").inFlight).toBe(1);
      socket.close();
      await once(socket, "close");
      return String(data);
    };
    plane.update({});
    const waiting = talk();
    await expect.poll(() => plane.activator.loadOf("default/hello-00001").waiting).toBe(1);
    plane.update({ backends: [pod.backend()] });
    expect(await waiting).toBe("echo hi");
    plane.update({ backends: [pod.backend()], mode: "Serve" });
    expect(await talk()).toBe("echo hi");
    await expect.poll(() => plane.activator.loadOf("default/hello-00001").inFlight).toBe(0);
  });

  it("the autoscaler's probe shows whether the activator or a queue-proxy is in the path (P7, S14, T29)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    const ask = () =>
      plane.activator.probe("default/hello-00001", [
        ...["User-Agent", "Knative-Autoscaling-Probe", "K-Network-Probe", "activator"],
      ]);
    plane.update({ mode: "Serve" });
    expect(await ask()).toMatchObject({ status: 200, body: "activator" });
    plane.update({ mode: "Serve", backends: [pod.backend()] });
    expect(await ask()).toMatchObject({ status: 400, body: "unexpected probe header value: activator\n" });
    plane.update({ mode: "Proxy", backends: [pod.backend()] });
    expect(await ask()).toMatchObject({ status: 200, body: "activator" });
    expect(plane.stats).toEqual([]);
  });

  it("server-sent events are streamed at once, and a client that disconnects ends the app's side (T39)", async () => {
    let closed = false;
    const port = await plane.app((_, reply) => {
      reply.writeHead(200, { "Content-Type": "text/event-stream" });
      reply.write("data: 1\n\n");
      reply.on("close", () => {
        closed = true;
      });
    });
    const pod = plane.pod({ name: "a", port });
    plane.update({ backends: [pod.backend()], containerConcurrency: 1 });
    const outgoing = request({
      host: "127.0.0.1",
      port: plane.listener.port,
      headers: { Host: HOST },
      agent: false,
    }).end();
    const [reply] = (await once(outgoing, "response")) as [IncomingMessage];
    const [first] = await once(reply, "data");
    expect(String(first)).toBe("data: 1\n\n");
    expect(plane.activator.loadOf("default/hello-00001").inFlight).toBe(1);
    outgoing.destroy();
    await expect.poll(() => [closed, plane.activator.loadOf("default/hello-00001").inFlight]).toEqual([true, 0]);
  });

  it("no request is retried after a response of the app (I13, T36)", async () => {
    let requests = 0;
    const port = await plane.app((_, reply) => {
      requests += 1;
      reply.writeHead(503, { "Retry-After": "0" }).end("busy");
    });
    const pod = plane.pod({ name: "a", port });
    for (const mode of ["Proxy", "Serve"] as const) {
      plane.update({ mode, backends: [pod.backend()] });
      expect(await send("/")).toMatchObject({ status: 503, body: "busy" });
    }
    expect(requests).toBe(2);
  });
});
