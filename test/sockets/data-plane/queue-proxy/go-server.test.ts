// Details of Go's HTTP server and reverse proxy that Knative's queue-proxy shows to clients: odd requests, lengths of
// empty responses, half-closed upgrades and full-duplex streams.
import { afterEach, describe, expect, test } from "vitest";
import { makeReply, sendReply } from "../../../../src/data-plane/http/errors.ts";
import type { Exchange } from "../../../../src/data-plane/http/exchange.ts";
import { nodeForwarder } from "../../../../src/data-plane/http-client/node-forwarder.ts";
import { openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { ForwarderBench, finalReply, SWITCH, valuesOf } from "../../../contract/forwarder-bench.ts";
import { H2Client, RawClient } from "../../../golden/queue-proxy/client.ts";
import type { UpstreamScript } from "../../../golden/queue-proxy/script.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function serve(script: UpstreamScript = {}): Promise<ForwarderBench> {
  const bench = await ForwarderBench.open(nodeForwarder, script);
  ends.push(() => bench[Symbol.asyncDispose]());
  return bench;
}

function h2(bench: ForwarderBench): H2Client {
  const client = new H2Client(bench.port);
  ends.push(() => client.destroy());
  return client;
}

const HOST = "Host: app.example.com\r\n";
const PSEUDO = { ":path": "/", ":scheme": "http", ":authority": "app.example.com" };

interface SeenStream {
  readonly headers: [string, string][];
  readonly data: string;
  readonly ended: boolean;
  readonly reset: number | null;
}
const streamsOf = (client: H2Client): SeenStream[] => client.result()["streams"] as SeenStream[];

describe("requests", () => {
  test.each(["app.example.com:443", "app.example.com", "[::1]:443", "/path"])(
    "CONNECT %s is a 502 with Go's text, and the connection closes (11 E1)",
    async (target) => {
      const bench = await serve();
      const client = bench.client();
      client.send(`CONNECT ${target} HTTP/1.1\r\n${HOST}\r\n`);
      await client.untilEnded(2000);
      expect(finalReply(client)).toMatchObject({ status: 502, body: "client sent unsupported CONNECT request\n" });
      expect(valuesOf(finalReply(client).headers, "connection")).toEqual(["close"]);
      expect(client.end).toBe("fin");
    },
  );

  test.each([
    ["a Content-Length", "Content-Length: 5\r\n\r\nhello"],
    ["chunks", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"],
    ["an upgrade to h2c", "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"],
  ])("CONNECT with %s is a 502, and the connection closes (11 A1)", async (_with, rest) => {
    const bench = await serve();
    const client = bench.client();
    client.send(`CONNECT a:80 HTTP/1.1\r\n${HOST}${rest}`);
    await client.untilEnded(2000);
    expect(finalReply(client)).toMatchObject({ status: 502, body: "client sent unsupported CONNECT request\n" });
    expect(client.end).not.toBe("open");
  });

  test.each(["app.example.com:port", "a b", "user@host:1"])(
    "CONNECT to the malformed target %j is a 400 (11 E1)",
    async (target) => {
      const bench = await serve();
      const client = bench.client();
      client.send(`CONNECT ${target} HTTP/1.1\r\n${HOST}\r\n`);
      await client.untilEnded(2000);
      expect(client.received).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  test("CONNECT over HTTP/2 is a 502 with Go's text (11 E1)", async () => {
    const client = h2(await serve({ h2: true }));
    client.open({ headers: { ":method": "CONNECT", ":authority": "app.example.com:443" }, endStream: true });
    await client.wait(0, 2000, ({ closed }) => closed);
    expect(streamsOf(client)[0]).toMatchObject({ data: "client sent unsupported CONNECT request\n" });
  });

  test.each(["CUSTOM", "get", "M-SEARCH!#$", "QUERY"])(
    "the method %s reaches the container with its body (11 E1)",
    async (method) => {
      const bench = await serve();
      const client = bench.client();
      client.send(`${method} /m HTTP/1.1\r\n${HOST}Content-Length: 2\r\n\r\nhi`);
      await client.recv(1, 2000);
      client.send(`GET /next HTTP/1.1\r\n${HOST}\r\n`);
      await client.recv(1, 2000);
      expect(bench.app.requests()).toMatchObject([
        { method, target: "/m", body: "hi" },
        { method: "GET", target: "/next" },
      ]);
    },
  );

  test.each(["GE T", "G\u00e9T", "(GET)", ""])("the malformed method %j is a 400 (11 E1)", async (method) => {
    const bench = await serve();
    const client = bench.client();
    client.send(`${method} /m HTTP/1.1\r\n${HOST}\r\n`);
    await client.untilEnded(2000);
    expect(client.received).toMatch(/^HTTP\/1\.1 400 /);
    expect(bench.app.requests()).toEqual([]);
  });
});

test.each([
  ["HEAD", "", []],
  ["HEAD", "text", ["4"]],
  ["GET", "", ["0"]],
] as const)("a reply of knap to %s with the body %j has Go's Content-Length (11 E1)", async (method, body, lengths) => {
  const handler = async (exchange: Exchange): Promise<void> => sendReply(exchange, makeReply(503, body));
  const listener = await openListener({ host: "127.0.0.1", port: 0, listener: "public", handler });
  ends.push(() => listener.close(0));
  const client = new RawClient(listener.port, [0]);
  ends.push(() => client.destroy());
  client.send(`${method} / HTTP/1.1\r\n${HOST}\r\n`);
  await client.recv(1, 2000);
  expect(valuesOf(finalReply(client).headers, "content-length")).toEqual(lengths);
});

test.each([
  ["GET", 200, ["0"]],
  ["GET", 204, []],
  ["HEAD", 200, []],
] as const)(
  "an HTTP/2 response to %s of status %i that ends with its head has Go's length (11 E1)",
  async (method, status, lengths) => {
    const client = h2(
      await serve({ h2: true, rules: [{ steps: [{ respond: { ":status": status }, endStream: true }] }] }),
    );
    client.open({ headers: { ...PSEUDO, ":method": method }, endStream: true });
    await client.wait(0, 2000, ({ closed }) => closed);
    expect(valuesOf(streamsOf(client)[0]?.headers ?? [], "content-length")).toEqual(lengths);
  },
);

test("bytes of the client reach a container that has half-closed an upgraded connection (11 E1)", async () => {
  const bench = await serve({ rules: [{ tunnel: true, steps: [{ send: SWITCH }, { send: "bye" }, { fin: 1 }] }] });
  const client = bench.client();
  client.send(`GET /w HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await client.untilEnded(2000);
  expect(client.received).toMatch(/bye$/);
  client.send("late");
  await expect.poll(() => bench.app.conns().map(({ tunnel }) => tunnel)).toEqual(["late"]);
  client.finish("close");
  await expect.poll(() => bench.outcomes.map(({ kind }) => kind)).toEqual(["done"]);
});

describe("full-duplex HTTP/2", () => {
  const POST = { ...PSEUDO, ":method": "POST" };

  test("the client's end reaches a container that has begun its response (11 E1)", async () => {
    const steps = [{ respond: { ":status": 200 } }, { data: "a" }, { body: 1 }, { data: "b" }, { end: 1 }];
    const bench = await serve({ h2: true, rules: [{ on: "head", steps }] });
    const client = h2(bench);
    client.open({ headers: POST, data: "x" });
    await client.wait(0, 2000, ({ data }) => data === "a");
    client.data({ i: 0, data: "y", end: true });
    await client.wait(0, 2000, ({ closed }) => closed);
    expect(streamsOf(client)[0]).toMatchObject({ data: "ab", ended: true, reset: 0 });
    expect(bench.app.requests()).toMatchObject([{ body: "xy", complete: true }]);
  });

  test.each([undefined, { "x-trailer": "t" }])(
    "a complete response with the trailers %j closes the stream without an error before the client's end (11 E1)",
    async (trailersAfter) => {
      const data = "a".repeat(300_000);
      const steps = [{ respond: { ":status": 200 }, trailersAfter }, { data }, { end: 1 }];
      const bench = await serve({ h2: true, rules: [{ on: "head", steps, repeat: true }] });
      const client = h2(bench);
      for (const i of [0, 1]) {
        client.open({ headers: POST, data: "x" });
        await client.wait(i, 4000, ({ closed }) => closed);
        const trailers = trailersAfter && [["x-trailer", "t"]];
        expect(streamsOf(client)[i]).toMatchObject({ data, ended: true, reset: 0, ...(trailers && { trailers }) });
      }
      expect(bench.outcomes.map(({ kind }) => kind)).toEqual(["done", "done"]);
    },
  );
});
