// Tests the relay between gateway container and knap, with both ends in one process.
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:http2";
import { createServer, connect as dial, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Exchange } from "../../../../src/data-plane/http/exchange.ts";
import { type OpenListener, openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { askKnap, findKnap, isKnapAt, openRelay, relay } from "../../../../src/node/network/relay-client.ts";
import { openRelayListener } from "../../../../src/node/network/relay-listener.ts";
import type { RelayTarget } from "../../../../src/node/network/relay-protocol.ts";
import { makeQuery } from "../../../support/dns-query.ts";

const host = "127.0.0.1";
const secret = "0123456789abcdef";
let closing: (() => unknown)[] = [];
let knap: RelayTarget;
let readyCount = 0;
let gateway: { port: number };

const describeRequest = async (exchange: Exchange): Promise<void> => {
  const text = `${exchange.listener} ${exchange.peer} ${exchange.host} ${exchange.version}`;
  exchange.start(200, "OK", ["content-length", String(text.length)]).end(text);
};

beforeEach(async () => {
  const listen = async (kind: "local" | "public"): Promise<OpenListener> => {
    const opened = await openListener({ host, port: 0, listener: kind, handler: describeRequest });
    closing.push(() => opened.close(0));
    return opened;
  };
  const listeners = { local: await listen("local"), public: await listen("public") };
  const dns = async (query: Buffer, transport: string, peer: string) =>
    Buffer.concat([Buffer.from(`${transport} ${peer} `), query]);
  const opened = await openRelayListener({ host, secret, listeners, dns, onReady: () => (readyCount += 1) });
  closing.push(() => opened[Symbol.asyncDispose]());
  knap = { host, port: opened.port };
  const server = createServer({ allowHalfOpen: true }, (client: Socket) =>
    relay(client, openRelay(knap, secret, "local", "10.213.0.77")),
  );
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => server.close());
  gateway = server.address() as { port: number };
});
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

test("a relayed request has its listener kind and its caller's address, over HTTP/1.1 and HTTP/2", async () => {
  const outgoing = request({ host, port: gateway.port, headers: { host: "hello.default" }, agent: false });
  outgoing.end();
  const [reply] = await once(outgoing, "response");
  expect(String(await once(reply, "data"))).toBe("local 10.213.0.77 hello.default 1.1");
  const session = connect(`http://${host}:${gateway.port}`);
  const stream = session.request({ ":path": "/", ":authority": "hello.default" });
  expect(String(await once(stream, "data"))).toBe("local 10.213.0.77 hello.default 2");
  session.close();
});

test("a relayed DNS query is answered and carries its transport and the asking container", async () => {
  const query = makeQuery("hello.default.svc.cluster.local");
  const peer = "10.213.0.77";
  expect(await askKnap(knap, secret, query, { transport: "udp", peer })).toEqual(
    Buffer.concat([Buffer.from(`udp ${peer} `), query]),
  );
  expect(await askKnap(knap, secret, query, { transport: "tcp", peer })).toEqual(
    Buffer.concat([Buffer.from(`tcp ${peer} `), query]),
  );
});

test("knap is found among several addresses, and only with its secret", async () => {
  const closed = { host, port: 1 };
  expect(await findKnap([closed, knap], secret)).toEqual(knap);
  expect(await findKnap([closed, knap], secret.replace("0", "9"))).toBeUndefined();
  expect(readyCount).toBe(0);
  expect(await isKnapAt(knap, secret, "ready")).toBe(true);
  expect(readyCount).toBe(1);
});

test("a connection without the secret is closed without a reply", async () => {
  const stranger = dial(knap);
  stranger.on("error", () => {});
  let received = "";
  stranger.on("data", (chunk) => {
    received += chunk;
  });
  stranger.write("GET / HTTP/1.1\r\nHost: hello.default\r\n\r\n");
  await once(stranger, "close");
  expect(received).toBe("");
});
