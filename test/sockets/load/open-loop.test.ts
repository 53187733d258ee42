import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Arrival } from "../../../src/load/load-trace.ts";
import { OpenLoop, type OpenLoopOptions } from "../../../src/load/open-loop.ts";

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function loopTo(answer: RequestListener, arrivals: Iterable<Arrival>, more: Partial<OpenLoopOptions> = {}) {
  server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const target = { host: "127.0.0.1", port, authority: "hello.test", method: "GET", path: "/?ms={ms}", headers: {} };
  const signal = new AbortController().signal;
  return new OpenLoop({ arrivals, target, keepAlive: true, timeoutMs: 5000, mostInFlight: 100, signal, ...more });
}

const every = (ms: number, count: number): readonly Arrival[] =>
  Array.from({ length: count }, (_, index) => ({ atMs: index * ms, durationMs: 7 }));

test("requests are sent at their times while earlier ones wait, and latency counts from the time they were due", async () => {
  let inFlight = 0;
  let most = 0;
  const loop = await loopTo(
    (request, response) => {
      most = Math.max(most, ++inFlight);
      expect(request.headers.host).toBe("hello.test");
      expect(request.url).toBe("/?ms=7");
      setTimeout(() => {
        inFlight -= 1;
        response.end();
      }, 200);
    },
    every(10, 10),
  );
  await loop.run();
  expect(loop).toMatchObject({ sent: 10, answered: 10, notSent: 0, inFlight: 0 });
  expect(loop.statuses).toEqual(new Map([[200, 10]]));
  expect(most).toBeGreaterThan(5);
  expect(loop.latency.percentile(0.01)).toBeGreaterThanOrEqual(198);
});

test("a sender that is late counts the delay as latency", async () => {
  const loop = await loopTo((_, response) => response.end(), every(20, 2));
  const done = loop.run();
  await new Promise(setImmediate);
  const until = performance.now() + 100;
  while (performance.now() < until);
  await done;
  expect(loop.latency.largest).toBeGreaterThan(70);
  expect(loop.mostLateMs).toBeGreaterThan(70);
});

test("errors, timeouts and requests above the limit are counted apart", async () => {
  let count = 0;
  const loop = await loopTo(
    (request, response) => {
      count += 1;
      if (count === 1) request.socket.destroy();
      else if (count > 2) response.writeHead(503).end();
    },
    [0, 50, 100, 101, 102].map((atMs) => ({ atMs, durationMs: 0 })),
    { timeoutMs: 300, mostInFlight: 2 },
  );
  await loop.run();
  expect(loop.errors.get("timeout")).toBe(1);
  expect(loop.errors.get("ECONNRESET")).toBe(1);
  expect(loop.answered + loop.notSent).toBe(3);
  expect([...loop.statuses.keys()]).toEqual([503]);
});

test.each([
  [true, 1],
  [false, 3],
])("with keep-alive %j three requests use %i connections", async (keepAlive, connections) => {
  const loop = await loopTo((_, response) => response.end("ok"), every(60, 3), { keepAlive });
  const opened: unknown[] = [];
  server.on("connection", (socket) => opened.push(socket));
  await loop.run();
  expect(opened).toHaveLength(connections);
});

test("an aborted load ends at once, and what has no answer counts as nothing", async () => {
  const stop = new AbortController();
  const loop = await loopTo(() => setTimeout(() => stop.abort(), 20), every(1, 100_000), { signal: stop.signal });
  await loop.run();
  expect(loop.answered).toBe(0);
  expect(loop.errors.size).toBe(0);
  expect(loop.sent).toBeLessThan(1000);
});
