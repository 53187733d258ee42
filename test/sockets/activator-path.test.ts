import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { connect } from "node:http2";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { ACTIVATOR_ADDRESS, DataPlane, GATEWAY_ADDRESS, HOST, listen, makeIngress } from "../support/data-plane.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** An app on another thread: twenty thousand requests would find one that shares ours too slow to connect to. */
async function appElsewhere(): Promise<AsyncDisposable & { readonly port: number }> {
  const worker = new Worker(
    `const server = require("node:http").createServer((_, reply) => reply.end("ok"));
    server.listen(0, "127.0.0.1", () => require("node:worker_threads").parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const [port] = await once(worker, "message");
  return { port, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

describe("the path from the door to the app", () => {
  let plane: DataPlane;
  let agent: Agent;
  const send = async (
    target: string,
    headers: Record<string, string> = {},
    method = "GET",
    body = "",
  ): Promise<Answer> => {
    const { port } = plane.door;
    const asked = request({
      host: "127.0.0.1",
      port,
      path: target,
      method,
      agent,
      headers: { Host: HOST, ...headers },
    });
    asked.end(body);
    const [reply] = (await once(asked, "response")) as [IncomingMessage];
    let text = "";
    for await (const chunk of reply) text += chunk;
    return { status: reply.statusCode ?? 0, headers: reply.headers, body: text };
  };
  const echo = () =>
    plane.app((asked, reply) => reply.end(JSON.stringify({ target: asked.url, headers: asked.headers })));

  beforeEach(async () => {
    plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
    agent = new Agent({ keepAlive: true });
  });
  afterEach(async () => {
    agent.destroy();
    await plane[Symbol.asyncDispose]();
  });

  it("bears the marks of every hop in mode Proxy (I15, A5, Q23, Q27, T23)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({ backends: [pod.backend()] });
    const { status, body } = await send("/a//b?c=%2F", {
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "Knative-Serving-Revision": "evil",
      "X-Forwarded-Proto": "https",
    });
    const seen = JSON.parse(body);
    expect([status, seen.target]).toEqual([200, "/a//b?c=%2F"]);
    expect(seen.headers).toMatchObject({
      host: HOST,
      forwarded: `for=127.0.0.1;proto=http, for=${GATEWAY_ADDRESS}`,
      "x-forwarded-for": `127.0.0.1, ${GATEWAY_ADDRESS}, ${ACTIVATOR_ADDRESS}`,
      "x-forwarded-proto": "http",
      "k-proxy-request": "activator",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    expect(Object.keys(seen.headers).filter((name) => name.startsWith("knative-"))).toEqual([]);
  });

  it("bears the gateway's marks only in mode Serve (S3, S6)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({ backends: [pod.backend()], mode: "Serve" });
    const { headers } = JSON.parse((await send("/")).body);
    expect(headers["x-forwarded-for"]).toBe(`127.0.0.1, ${GATEWAY_ADDRESS}`);
    expect(headers["k-proxy-request"]).toBeUndefined();
    expect(plane.stats).toEqual([]);
  });

  it("lets a client's K-Original-Host be the Host that the app sees (A5, T12)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({ backends: [pod.backend()] });
    const { headers } = JSON.parse((await send("/", { "K-Original-Host": "mapped.example" })).body);
    expect(headers["host"]).toBe("mapped.example");
    expect(headers["k-original-host"]).toBeUndefined();
  });

  it("wakes: the request waits, pokes at once, and is answered when a pod is there (A18, A24)", async () => {
    const pod = plane.pod({ name: "a", port: await echo() });
    plane.update({});
    const answer = send("/");
    await expect.poll(() => plane.activator.loadOf("default/hello-00001").waiting).toBe(1);
    expect(plane.stats).toMatchObject([{ revision: "default/hello-00001", stat: { requestCount: 1 } }]);
    plane.update({ backends: [pod.backend(false)] });
    expect((await answer).status).toBe(200);
  });

  it("gives 504 with the activator's text after timeoutSeconds of waiting, and the connection stays usable (A4, T4, T38)", async () => {
    plane.update({ timeoutSeconds: 0.1 });
    for (let i = 0; i < 2; i += 1) {
      const { status, body, headers } = await send("/");
      expect([status, body]).toEqual([504, "activator request timeout"]);
      expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    }
  });

  it("counts the wait in the app's time, and appends the activator's text to a half-sent answer (A4, T1, T4)", async () => {
    const port = await plane.app((_, reply) => void reply.write("begun "));
    const pod = plane.pod({ name: "a", port, timeoutSeconds: 0.6 });
    plane.update({ timeoutSeconds: 0.6 });
    const startedAt = Date.now();
    const answer = send("/");
    await new Promise((resolve) => setTimeout(resolve, 350));
    plane.update({ timeoutSeconds: 0.6, backends: [pod.backend()] });
    expect(await answer).toMatchObject({ status: 200, body: "begun activator request timeout" });
    const tookMs = Date.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(590);
    expect(tookMs).toBeLessThan(900);
  });

  it("says the queue-proxy's text in mode Serve (T4)", async () => {
    const port = await plane.app(() => {});
    const pod = plane.pod({ name: "a", port, timeoutSeconds: 0.1 });
    plane.update({ timeoutSeconds: 0.1, mode: "Serve", backends: [pod.backend()] });
    expect(await send("/")).toMatchObject({ status: 504, body: "request timeout" });
  });

  it("passes WebSockets in both modes, and a waiting one is served too (I14, T7, T36)", async () => {
    const server = plane.adopt(createServer());
    new WebSocketServer({ server }).on("connection", (socket) => {
      socket.on("message", (data) => socket.send(`echo ${data}`));
    });
    const pod = plane.pod({ name: "a", port: await listen(server) });
    const talk = async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${plane.door.port}/`, { headers: { Host: HOST } });
      await once(socket, "open");
      socket.send("hi");
      const [data] = await once(socket, "message");
      // It holds its place until it ends (T7).
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

  it("shows the autoscaler's probe who is in the path: the activator, or a queue-proxy (P7, S14, T29)", async () => {
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

  it("streams server-sent events as they come, and ends the app's side when the client leaves (T39)", async () => {
    let left = false;
    const port = await plane.app((_, reply) => {
      reply.writeHead(200, { "Content-Type": "text/event-stream" });
      reply.write("data: 1\n\n");
      reply.on("close", () => {
        left = true;
      });
    });
    const pod = plane.pod({ name: "a", port });
    plane.update({ backends: [pod.backend()], containerConcurrency: 1 });
    const asked = request({ host: "127.0.0.1", port: plane.door.port, headers: { Host: HOST }, agent: false }).end();
    const [reply] = (await once(asked, "response")) as [IncomingMessage];
    const [first] = await once(reply, "data");
    expect(String(first)).toBe("data: 1\n\n");
    expect(plane.activator.loadOf("default/hello-00001").inFlight).toBe(1);
    asked.destroy();
    await expect.poll(() => [left, plane.activator.loadOf("default/hello-00001").inFlight]).toEqual([true, 0]);
  });

  it("never asks twice, whatever the app says (I13, T36)", async () => {
    let asked = 0;
    const port = await plane.app((_, reply) => {
      asked += 1;
      reply.writeHead(503, { "Retry-After": "0" }).end("busy");
    });
    const pod = plane.pod({ name: "a", port });
    for (const mode of ["Proxy", "Serve"] as const) {
      plane.update({ mode, backends: [pod.backend()] });
      expect(await send("/")).toMatchObject({ status: 503, body: "busy" });
    }
    expect(asked).toBe(2);
  });

  it("forgets waiting clients that vanish (T39)", async () => {
    plane.update({});
    const clients = Array.from({ length: 50 }, () => {
      const asked = request({ host: "127.0.0.1", port: plane.door.port, headers: { Host: HOST }, agent: false });
      asked.on("error", () => {}).end();
      return asked;
    });
    const waiting = () => plane.activator.loadOf("default/hello-00001").waiting;
    await expect.poll(waiting).toBe(50);
    for (const client of clients.slice(0, 30)) client.destroy();
    await expect.poll(waiting).toBe(20);
    for (const client of clients.slice(30)) client.destroy();
    await expect.poll(waiting).toBe(0);
  });

  it.each([0, 50])(
    "lets 20,000 requests wait at containerConcurrency %i, refuses none, and answers all when a pod comes (A10, T3)",
    { timeout: 60_000 },
    async (containerConcurrency) => {
      await using app = await appElsewhere();
      const { port } = app;
      const pod = plane.pod({ name: "a", port, containerConcurrency });
      plane.update({ containerConcurrency });
      const sessions = Array.from({ length: 20 }, () => connect(`http://127.0.0.1:${plane.door.port}`));
      const statuses = new Map<number, number>();
      let over = 0;
      for (const session of sessions) {
        for (let i = 0; i < 1000; i += 1) {
          const stream = session.request({ ":path": "/", ":authority": HOST });
          stream.on("response", (headers) => {
            const status = Number(headers[":status"]);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          });
          stream.on("close", () => {
            over += 1;
          });
          stream.on("error", () => {});
          stream.resume();
        }
      }
      const load = () => plane.activator.loadOf("default/hello-00001");
      await expect.poll(() => load().waiting, { timeout: 30_000 }).toBe(20_000);
      plane.update({ containerConcurrency, backends: [pod.backend()] });
      await expect.poll(() => over, { timeout: 50_000, interval: 100 }).toBe(20_000);
      expect([...statuses]).toEqual([[200, 20_000]]);
      expect(load()).toMatchObject({ waiting: 0, inFlight: 0 });
      for (const session of sessions) session.destroy();
    },
  );
});
