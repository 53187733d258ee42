// Sends raw bytes of hostile clients to a listener with a queue-proxy: it rejects them, and they do not affect other
// clients.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeReply, sendReply } from "../../../../src/data-plane/http/errors.ts";
import type { Exchange } from "../../../../src/data-plane/http/exchange.ts";
import { nodeForwarder } from "../../../../src/data-plane/http-client/node-forwarder.ts";
import { openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { ForwarderBench } from "../../../contract/forwarder-bench.ts";
import { RawClient } from "../../../golden/queue-proxy/client.ts";

let bench: ForwarderBench;

beforeEach(async () => {
  bench = await ForwarderBench.open(nodeForwarder);
});

afterEach(() => bench[Symbol.asyncDispose]());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const targets = (): string[] => bench.app.requests().map(({ target }) => target);

async function send(...parts: readonly string[]): Promise<RawClient> {
  const client = bench.client();
  for (const part of parts) client.send(part);
  await client.untilEnded(1500);
  return client;
}

/** Expects that another client is still served. */
async function expectOthersServed(): Promise<void> {
  expect((await bench.ask("GET /others HTTP/1.1\r\nHost: h\r\n\r\n")).status).toBe(200);
}

const HOST = "Host: app.example.com\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

describe("smuggling", () => {
  test.each([
    [
      "both lengths",
      `POST /a HTTP/1.1\r\n${HOST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "both lengths, encoding first",
      `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ["two lengths", `POST /a HTTP/1.1\r\n${HOST}Content-Length: 0\r\nContent-Length: 40\r\n\r\n${SMUGGLED}`],
    ["an unknown encoding", `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
    [
      "an encoding with a space before the colon",
      `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    [
      "chunked that is not last",
      `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ["a length with a sign", `POST /a HTTP/1.1\r\n${HOST}Content-Length: +0\r\n\r\n${SMUGGLED}`],
    ["a bare CR in a header", `GET /a HTTP/1.1\r\n${HOST}X: a\rTransfer-Encoding: chunked\r\n\r\n${SMUGGLED}`],
    ["two hosts", `GET /a HTTP/1.1\r\n${HOST}Host: other\r\n\r\n`],
    [
      "an announced Content-Length trailer",
      `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\nTrailer: X, content-length\r\n\r\n0\r\n\r\n`,
    ],
    ["a folded line after the request line", `GET /a HTTP/1.1\r\n ${HOST}\r\n${SMUGGLED}`],
    ["an unsupported version", `GET /a HTTP/0.9\r\n${HOST}\r\n`],
  ])("a request with %s is refused, and the bytes after it are not served", async (_name, text) => {
    const client = await send(text);
    expect(client.received).toMatch(/^HTTP\/1\.1 (400|501|505) /);
    expect(client.end).not.toBe("open");
    expect(targets()).toEqual([]);
    await expectOthersServed();
  });

  test("the body of an upgrade request is not parsed as a request", async () => {
    const client = bench.client();
    const head = `POST /up HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`;
    client.send(head + SMUGGLED);
    await client.recv(1, 2000);
    await pause(100);
    expect(targets()).toEqual(["/up"]);
    expect(bench.app.requests()[0]).toMatchObject({ body: SMUGGLED, framing: "length" });
  });

  test("header values with control characters never reach the container", async () => {
    await send(`GET /a HTTP/1.1\r\n${HOST}X-A: a\u0000b\r\n\r\n`);
    await send(`GET /a HTTP/1.1\r\n${HOST}X-B: a\u0001b\r\n\r\n`);
    expect(targets()).toEqual([]);
  });
});

describe("size and time", () => {
  test("headers of just under 1 MiB pass, more get 431", async () => {
    const big = (size: number): string => `GET /big HTTP/1.1\r\n${HOST}X-Big: ${"b".repeat(size)}\r\n\r\n`;
    expect((await bench.ask(big(1_000_000))).status).toBe(200);
    const refused = await send(big(1_100_000));
    expect(refused.received).toMatch(/^HTTP\/1\.1 431 /);
    await expectOthersServed();
  });

  test("many small headers pass", async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => `X-${at}: ${at}\r\n`).join("");
    await bench.ask(`GET /many HTTP/1.1\r\n${HOST}${lines}\r\n`);
    expect(bench.app.requests()[0]?.headers).toHaveLength(5001);
  });

  test.each([
    ["an invalid chunk size", "zz\r\nhello\r\n0\r\n\r\n", "invalid byte in chunk length"],
    ["a line that ends with LF alone", "5\nhello\n0\n\n", "chunked line ends with bare LF"],
    ["a trailer without a colon", "5\r\nhello\r\n0\r\nbroken\r\n\r\n", "malformed MIME header: missing colon"],
  ])("%s in a body gets 502 and ends the connection, sent in one piece or in two", async (_what, body, text) => {
    const head = `POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
    const atOnce = await send(head + body);
    const slow = bench.client();
    slow.send(head);
    await expect.poll(targets).toHaveLength(2);
    slow.send(body);
    await slow.untilEnded(1500);
    for (const client of [atOnce, slow]) {
      expect(client.received).toMatch(/^HTTP\/1\.1 502 [\s\S]*Connection: close\r\n/);
      expect(client.received).toContain(`${text}\n`);
      expect(client.end).not.toBe("open");
    }
    await expectOthersServed();
  });

  test("a malformed body does not matter if the handler does not read it", async () => {
    const handler = async (exchange: Exchange): Promise<void> => sendReply(exchange, makeReply(200, "unread"));
    const listener = await openListener({ host: "127.0.0.1", port: 0, listener: "public", handler });
    const client = new RawClient(listener.port, []);
    client.send(`POST /a HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`);
    await client.untilEnded(1500);
    expect(client.received).toMatch(/^HTTP\/1\.1 200 [\s\S]*unread$/);
    expect(client.end).not.toBe("open");
    client.destroy();
    await listener.close(0);
  });
});

describe("connection handling", () => {
  test("pipelined requests get responses in order, also before a malformed one", async () => {
    const client = await send(`GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\nBROKEN\r\n\r\n`);
    const statuses = (client.result()["responses"] as { status: number }[]).map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 400]);
    expect(targets()).toEqual(["/1", "/2"]);
  });

  test("pipelined requests reach the container one after the other", async () => {
    await bench[Symbol.asyncDispose]();
    bench = await ForwarderBench.open(nodeForwarder, {
      rules: [{ match: "/1", steps: [{ gate: "go" }, { send: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none" }] }],
    });
    const client = bench.client();
    client.send(`GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`);
    client.send(`POST /3 HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`);
    await pause(150);
    expect(targets()).toEqual(["/1"]);
    bench.app.openGate("go");
    await client.recv(3, 2000);
    expect(targets()).toEqual(["/1", "/2", "/3"]);
    expect((client.result()["responses"] as { body: string }[]).map(({ body }) => body)).toEqual(["one", "ok", "ok"]);
  });

  test("a client that disconnects while its upgrade is being refused is detected", async () => {
    await bench[Symbol.asyncDispose]();
    const refusal = "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n";
    bench = await ForwarderBench.open(nodeForwarder, {
      rules: [
        { match: "/silent", steps: [{ gate: "never" }] },
        { match: "/no", steps: [{ send: refusal }, { gate: "never" }] },
      ],
    });
    for (const target of ["/silent", "/no"]) {
      const client = bench.client();
      client.send(`GET ${target} HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
      await expect.poll(targets).toContain(target);
      client.finish("close");
    }
    await expect.poll(() => bench.outcomes.length).toBe(2);
    expect(bench.outcomes.map(({ kind }) => kind)).toEqual(["abandoned", "abandoned"]);
  });

  test("Connection keeps an HTTP/1.0 connection open, Proxy-Connection does not", async () => {
    for (const [header, end] of [
      ["Connection: Keep-Alive", "open"],
      ["Proxy-Connection: keep-alive", "fin"],
      ["Proxy-Connection: keep-alive\r\nConnection: keep-alive", "open"],
    ] as const) {
      const client = bench.client();
      client.send(`GET /a HTTP/1.0\r\n${HOST}${header}\r\n\r\n`);
      await client.recv(1, 1000);
      await pause(50);
      expect([header, client.end]).toEqual([header, end]);
    }
  });

  test("a client that sends its body with Expect gets the response, and the connection closes if the body is unread", async () => {
    await bench[Symbol.asyncDispose]();
    const early = "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nbig";
    bench = await ForwarderBench.open(nodeForwarder, { rules: [{ on: "head", steps: [{ send: early }] }] });
    const client = await send(`POST /e HTTP/1.1\r\n${HOST}Content-Length: 3\r\nExpect: 100-continue\r\n\r\nabc`);
    expect(client.received).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close\r\n/);
    expect(client.end).not.toBe("open");
  });

  test("no request is served after a refused one, or after a response that closes the connection", async () => {
    await send(`GET /a HTTP/1.1\r\n${HOST}Host: other\r\n\r\n${SMUGGLED}`);
    await send(`GET /%zz HTTP/1.1\r\n${HOST}\r\n${SMUGGLED}`);
    await send(`GET /last HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n${SMUGGLED}`);
    expect(targets()).toEqual(["/last"]);
  });

  test("an unknown transfer encoding is refused once", async () => {
    const client = await send(`POST /m HTTP/1.1\r\n${HOST}Transfer-Encoding: xchunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`);
    expect(client.received.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(client.received).toMatch(/^HTTP\/1\.1 501 /);
  });

  test("a pipelined upgrade waits for the request before it", async () => {
    const client = bench.client();
    const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    client.send(
      `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /ws HTTP/1.1\r\n${HOST}${upgrade}\r\nGET /3 HTTP/1.1\r\n${HOST}\r\n`,
    );
    await client.recv(3, 3000);
    expect(targets()).toEqual(["/1", "/ws", "/3"]);
  });

  test("clients that disconnect at any point leave no connection and no request behind", async () => {
    const starts = [
      "G",
      `GET /a HTTP/1.1\r\nHos`,
      `GET /gone HTTP/1.1\r\n${HOST}\r\n`,
      `POST /gone HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nabc`,
      `POST /gone HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`,
      `GET /gone HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly`,
    ];
    for (let round = 0; round < 20; round += 1) {
      for (const start of starts) {
        const client = bench.client();
        client.send(start);
        await pause(round % 3);
        client.finish(round % 2 === 0 ? "close" : "rst");
      }
    }
    await expectOthersServed();
    const halfSent = (): number => {
      const conns = bench.app.conns();
      return bench.app.requests().filter(({ complete, conn }) => !complete && conns[conn]?.end === "open").length;
    };
    await expect.poll(halfSent).toBe(0);
    // Open connections are idle connections after complete responses.
    expect(bench.app.conns().filter(({ end }) => end === "open").length).toBeLessThanOrEqual(starts.length);
  });

  test("CONNECT is refused with Go's text", async () => {
    const client = await send(`CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n`);
    expect(client.received).toMatch(/^HTTP\/1\.1 502 [\s\S]*client sent unsupported CONNECT request\n$/);
    expect(client.end).not.toBe("open");
  });
});
