// Tests containers behind h2c, and headers that node:http2 rejects: they cost no slot and do not end the process.
import { createServer, type Http2Server, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, createServer as createRawServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { monotonicClock } from "../../../../src/base/monotonic-clock.ts";
import { nodeForwarder } from "../../../../src/data-plane/http-client/node-forwarder.ts";
import { openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { QueueProxy } from "../../../../src/data-plane/queue-proxy/queue-proxy.ts";
import { H2Client, RawClient } from "../../../golden/queue-proxy/client.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

/** Opens a listener with a queue-proxy of one slot before a container. Without `protocol` it uses the client's. */
async function serve(app: Http2Server | Server | number, protocol?: "h2c" | "http1"): Promise<number> {
  if (typeof app !== "number") {
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => app.close());
  }
  const port = typeof app === "number" ? app : (app.address() as AddressInfo).port;
  const identity = { namespace: "d", service: "s", configuration: "s", revision: "s-1", pod: "p", podIP: "10.0.0.1" };
  const limits = { containerConcurrency: 1, timeoutSeconds: 10, responseStartTimeoutSeconds: 0, idleTimeoutSeconds: 0 };
  const proxy = new QueueProxy({
    config: { ...limits, readinessProbes: [], identity },
    upstream: { host: "127.0.0.1", port, ...(protocol && { protocol }) },
    forwarders: nodeForwarder,
    clock: monotonicClock,
  });
  const listener = await openListener({ host: "127.0.0.1", port: 0, listener: "public", handler: proxy.handle });
  cleanups.push(async () => {
    await listener.close(0);
    await proxy.close();
  });
  return listener.port;
}

function client(port: number): RawClient {
  const made = new RawClient(port, []);
  cleanups.push(() => made.destroy());
  return made;
}

test("an h2c container gets single-value headers once, and no upgrade headers of HTTP/1", async () => {
  const received: IncomingHttpHeaders[] = [];
  const app = createServer((request, response) => {
    received.push(request.headers);
    response.end("ok");
  });
  const http1 = client(await serve(app, "h2c"));
  const unusual = "Range: bytes=0-1\r\nRange: bytes=2-3\r\nHTTP2-Settings: AAMAAABk\r\nX-Many: 1\r\nX-Many: 2\r\n";
  for (const path of ["/1", "/2"]) http1.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n${unusual}\r\n`);
  await http1.recv(2, 3000);
  expect(http1.received.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(received.map(({ range }) => range)).toEqual(["bytes=0-1", "bytes=0-1"]);
  expect(received[0]?.["x-many"]).toBe("1, 2");
  expect(received[0]?.["http2-settings"]).toBeUndefined();
});

test("a response with a repeated single-value header reaches HTTP/2 clients", async () => {
  const twice = "HTTP/1.1 200 OK\r\nETag: a\r\nETag: b\r\nContent-Length: 2\r\n\r\nok";
  const app = createRawServer((socket) => void socket.on("data", () => socket.write(twice)).on("error", () => {}));
  const h2 = new H2Client(await serve(app, "http1"));
  cleanups.push(() => h2.destroy());
  const request = { ":method": "GET", ":path": "/", ":authority": "h", ":scheme": "http" };
  for (const _ of [1, 2]) {
    h2.open({ headers: request, endStream: true });
  }
  await expect
    .poll(() => (h2.result()["streams"] as { ended: boolean }[]).map(({ ended }) => ended))
    .toEqual([true, true]);
  for (const { headers } of h2.result()["streams"] as { headers: [string, string][] }[]) {
    expect(headers).toEqual(
      expect.arrayContaining([
        [":status", "200"],
        ["etag", "a"],
      ]),
    );
  }
});

test("an unknown status of HTTP/2 is 502 for the client and frees the slot", async () => {
  const unusual = "HTTP/1.1 777 Jackpot\r\nContent-Length: 2\r\n\r\nok";
  const app = createRawServer((socket) => void socket.on("data", () => socket.write(unusual)).on("error", () => {}));
  const h2 = new H2Client(await serve(app, "http1"));
  cleanups.push(() => h2.destroy());
  const headers = { ":method": "GET", ":path": "/", ":authority": "h", ":scheme": "http" };
  for (const _ of [1, 2]) h2.open({ headers, endStream: true });
  const statuses = () =>
    (h2.result()["streams"] as { headers: [string, string][] | null }[]).map(({ headers }) => headers?.[0]?.[1]);
  await expect.poll(statuses).toEqual(["502", "502"]);
});

test("a refused connection over h2c has Go's error text (Q31, T26)", async () => {
  const closedServer = createRawServer();
  const port = await serve(closedServer, "h2c");
  const { port: goneAt } = closedServer.address() as AddressInfo;
  await new Promise((resolve) => closedServer.close(resolve));
  cleanups.splice(0, 1);
  const http1 = client(port);
  http1.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  await http1.recv(1, 3000);
  expect(http1.received).toMatch(/^HTTP\/1\.1 502 /);
  expect(http1.received).toContain(`dial tcp 127.0.0.1:${goneAt}: connect: connection refused\n`);
});

test.each([
  ["before the response", false, /^HTTP\/1\.1 502 [\s\S]*invalid byte in chunk length\n$/],
  ["after the response began", true, /^HTTP\/1\.1 200 (?![\s\S]*\r\n0\r\n\r\n)/],
] as const)("a malformed body %s ends the request and frees the slot (11 A1)", async (_when, begins, reply) => {
  const codes: number[] = [];
  const app = createServer();
  app.on("stream", (stream, headers) => {
    stream.on("error", () => {}).on("close", () => codes.push(stream.rstCode));
    if (headers[":method"] === "GET") stream.respond({ ":status": 204 }, { endStream: true });
    else if (begins) stream.write("begun");
  });
  const port = await serve(app, "h2c");
  const http1 = client(port);
  http1.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  if (begins) await expect.poll(() => http1.received).toContain("begun");
  http1.send("zz\r\n");
  await http1.untilEnded(2000);
  expect(http1.received).toMatch(reply);
  expect(http1.end).not.toBe("open");
  const other = client(port);
  other.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  await other.recv(1, 2000);
  expect(other.received).toMatch(/^HTTP\/1\.1 204 /);
  await expect.poll(() => codes).toEqual([8, 0]);
});
