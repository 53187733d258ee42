// Containers behind h2c, and headers that node:http2 rejects: they must not cost a slot or end the process.
import { createServer, type Http2Server, type IncomingHttpHeaders } from "node:http2";
import { type AddressInfo, createServer as createRawServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { monotonicClock } from "../../../../src/base/monotonic-clock.ts";
import { nodeForwarder } from "../../../../src/data-plane/http-client/node-forwarder.ts";
import { openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { QueueProxy } from "../../../../src/data-plane/queue-proxy/queue-proxy.ts";
import { H2Client, RawClient } from "../../../golden/queue-proxy/client.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A listener with a queue-proxy of one slot in front of a container. Without `protocol`, the client's is used. */
async function serve(app: Http2Server | Server | number, protocol?: "h2c" | "http1"): Promise<number> {
  if (typeof app !== "number") {
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    ends.push(() => app.close());
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
  const door = await openListener({ host: "127.0.0.1", port: 0, listener: "public", handler: proxy.handle });
  ends.push(async () => {
    await door.close(0);
    await proxy.close();
  });
  return door.port;
}

function client(port: number): RawClient {
  const made = new RawClient(port, []);
  ends.push(() => made.destroy());
  return made;
}

test("headers that HTTP/2 carries once come once, and HTTP/1's own upgrade headers not at all", async () => {
  const seen: IncomingHttpHeaders[] = [];
  const app = createServer((request, response) => {
    seen.push(request.headers);
    response.end("ok");
  });
  const http1 = client(await serve(app, "h2c"));
  const odd = "Range: bytes=0-1\r\nRange: bytes=2-3\r\nHTTP2-Settings: AAMAAABk\r\nX-Many: 1\r\nX-Many: 2\r\n";
  for (const path of ["/1", "/2"]) http1.send(`GET ${path} HTTP/1.1\r\nHost: h\r\n${odd}\r\n`);
  await http1.recv(2, 3000);
  expect(http1.received.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(seen.map(({ range }) => range)).toEqual(["bytes=0-1", "bytes=0-1"]);
  expect(seen[0]?.["x-many"]).toBe("1, 2");
  expect(seen[0]?.["http2-settings"]).toBeUndefined();
});

test("an answer that says twice what HTTP/2 carries once reaches HTTP/2 clients", async () => {
  const twice = "HTTP/1.1 200 OK\r\nETag: a\r\nETag: b\r\nContent-Length: 2\r\n\r\nok";
  const app = createRawServer((socket) => void socket.on("data", () => socket.write(twice)).on("error", () => {}));
  const h2 = new H2Client(await serve(app, "http1"));
  ends.push(() => h2.destroy());
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

test("a status that HTTP/2 does not know is a bad gateway for the client, and the slot is free again", async () => {
  const odd = "HTTP/1.1 777 Jackpot\r\nContent-Length: 2\r\n\r\nok";
  const app = createRawServer((socket) => void socket.on("data", () => socket.write(odd)).on("error", () => {}));
  const h2 = new H2Client(await serve(app, "http1"));
  ends.push(() => h2.destroy());
  const headers = { ":method": "GET", ":path": "/", ":authority": "h", ":scheme": "http" };
  for (const _ of [1, 2]) h2.open({ headers, endStream: true });
  const statuses = () =>
    (h2.result()["streams"] as { headers: [string, string][] | null }[]).map(({ headers }) => headers?.[0]?.[1]);
  await expect.poll(statuses).toEqual(["502", "502"]);
});

test("a container that is not there is told in Go's words over h2c, too (Q31, T26)", async () => {
  const gone = createRawServer();
  const port = await serve(gone, "h2c");
  const { port: goneAt } = gone.address() as AddressInfo;
  await new Promise((resolve) => gone.close(resolve));
  ends.splice(0, 1);
  const http1 = client(port);
  http1.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  await http1.recv(1, 3000);
  expect(http1.received).toMatch(/^HTTP\/1\.1 502 /);
  expect(http1.received).toContain(`dial tcp 127.0.0.1:${goneAt}: connect: connection refused\n`);
});
