import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:http2";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataPlane, HOST, makeIngress } from "../../../support/data-plane.ts";

/** Starts an app in a worker thread, because 20,000 requests keep this thread busy. */
async function startWorkerApp(): Promise<AsyncDisposable & { readonly port: number }> {
  const worker = new Worker(
    `const server = require("node:http").createServer((_, reply) => reply.end("ok"));
    server.listen(0, "127.0.0.1", () => require("node:worker_threads").parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const [port] = await once(worker, "message");
  return { port, [Symbol.asyncDispose]: async () => void (await worker.terminate()) };
}

describe("requests that wait for a pod", () => {
  let plane: DataPlane;
  const send: DataPlane["send"] = (...request) => plane.send(...request);

  beforeEach(async () => {
    plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
  });
  afterEach(async () => {
    await plane[Symbol.asyncDispose]();
  });

  it("a request at zero waits, reports a statistic at once, and is served when there is a pod (A18, A24)", async () => {
    const pod = plane.pod({ name: "a", port: await plane.app((_, reply) => reply.end("ok")) });
    plane.update({});
    const answer = send("/");
    await expect.poll(() => plane.activator.loadOf("default/hello-00001").waiting).toBe(1);
    expect(plane.stats).toMatchObject([{ revision: "default/hello-00001", stat: { requestCount: 1 } }]);
    plane.update({ backends: [pod.backend(false)] });
    expect((await answer).status).toBe(200);
  });

  it("a request that waits longer than timeoutSeconds gets 504 from the activator on a connection that stays open (A4, T4, T38)", async () => {
    plane.update({ timeoutSeconds: 0.1 });
    for (let i = 0; i < 2; i += 1) {
      const { status, body, headers } = await send("/");
      expect([status, body]).toEqual([504, "activator request timeout"]);
      expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    }
  });

  it("timeoutSeconds includes the wait, and a timeout appends the activator's text to a partial response (A4, T1, T4)", async () => {
    const port = await plane.app((_, reply) => void reply.write("begun "));
    const pod = plane.pod({ name: "a", port, timeoutSeconds: 2 });
    plane.update({ timeoutSeconds: 2 });
    const startedAt = Date.now();
    const answer = send("/");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    plane.update({ timeoutSeconds: 2, backends: [pod.backend()] });
    expect(await answer).toMatchObject({ status: 200, body: "begun activator request timeout" });
    const tookMs = Date.now() - startedAt;
    expect(tookMs).toBeGreaterThanOrEqual(1990);
    // If the timer started at the queue-proxy, this would take 3.5 s.
    expect(tookMs).toBeLessThan(3400);
  });

  it("a waiting client that disconnects is removed (T39)", async () => {
    plane.update({});
    const clients = Array.from({ length: 50 }, () => {
      const outgoing = request({ host: "127.0.0.1", port: plane.listener.port, headers: { Host: HOST }, agent: false });
      outgoing.on("error", () => {}).end();
      return outgoing;
    });
    const waiting = () => plane.activator.loadOf("default/hello-00001").waiting;
    await expect.poll(waiting).toBe(50);
    for (const client of clients.slice(0, 30)) client.destroy();
    await expect.poll(waiting).toBe(20);
    for (const client of clients.slice(30)) client.destroy();
    await expect.poll(waiting).toBe(0);
  });

  it.each([
    [5_000, 0],
    [20_000, 50],
  ])(
    "%i requests can wait at containerConcurrency %i, and all are served when there is a pod (A10, T3)",
    { timeout: 60_000 },
    async (requests, containerConcurrency) => {
      await using app = await startWorkerApp();
      const { port } = app;
      const pod = plane.pod({ name: "a", port, containerConcurrency });
      plane.update({ containerConcurrency });
      const sessions = Array.from({ length: 20 }, () => connect(`http://127.0.0.1:${plane.listener.port}`));
      const statuses = new Map<number, number>();
      let over = 0;
      for (const session of sessions) {
        for (let i = 0; i < requests / sessions.length; i += 1) {
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
      await expect.poll(() => load().waiting, { timeout: 30_000 }).toBe(requests);
      plane.update({ containerConcurrency, backends: [pod.backend()] });
      await expect.poll(() => over, { timeout: 50_000, interval: 100 }).toBe(requests);
      expect([...statuses]).toEqual([[200, requests]]);
      expect(load()).toMatchObject({ waiting: 0, inFlight: 0 });
      for (const session of sessions) session.destroy();
    },
  );
});
