// The relay between gateway container and knap, both ends in one process: doors by kind, callers by name, strangers cut off.
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:http2";
import { createServer, connect as dial, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Exchange } from "../../../../src/data-plane/http/exchange.ts";
import { type OpenListener, openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import {
  askKnap,
  findKnap,
  isKnapAt,
  openRelay,
  type RelayTarget,
  relay,
} from "../../../../src/node/network/relay-client.ts";
import { openRelayListener } from "../../../../src/node/network/relay-listener.ts";
import { makeQuery } from "../../../support/dns-query.ts";

const host = "127.0.0.1";
const secret = "0123456789abcdef";
let closing: (() => unknown)[] = [];
let knap: RelayTarget;
let readies = 0;
let front: { port: number };

const tell = async (exchange: Exchange): Promise<void> => {
  const said = `${exchange.listener} ${exchange.peer} ${exchange.host} ${exchange.version}`;
  exchange.start(200, "OK", ["content-length", String(said.length)]).end(said);
};

beforeEach(async () => {
  const door = async (kind: "local" | "public"): Promise<OpenListener> => {
    const opened = await openListener({ host, port: 0, listener: kind, handler: tell });
    closing.push(() => opened.close(0));
    return opened;
  };
  const doors = { local: await door("local"), public: await door("public") };
  const dns = async (query: Buffer, transport: string) => Buffer.concat([Buffer.from(`${transport} `), query]);
  const opened = await openRelayListener({ host, secret, doors, dns, onReady: () => (readies += 1) });
  closing.push(() => opened[Symbol.asyncDispose]());
  knap = { host, port: opened.port };
  const server = createServer({ allowHalfOpen: true }, (client: Socket) =>
    relay(client, openRelay(knap, secret, "local", "10.213.0.77")),
  );
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closing.push(() => server.close());
  front = server.address() as { port: number };
});
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

test("a request keeps its door and its caller, over HTTP/1.1 and HTTP/2", async () => {
  const asked = request({ host, port: front.port, headers: { host: "hello.default" }, agent: false });
  asked.end();
  const [reply] = await once(asked, "response");
  expect(String(await once(reply, "data"))).toBe("local 10.213.0.77 hello.default 1.1");
  const session = connect(`http://${host}:${front.port}`);
  const stream = session.request({ ":path": "/", ":authority": "hello.default" });
  expect(String(await once(stream, "data"))).toBe("local 10.213.0.77 hello.default 2");
  session.close();
});

test("a question is answered, and told how it was asked", async () => {
  const query = makeQuery("hello.default.svc.cluster.local");
  expect(await askKnap(knap, secret, query, "udp")).toEqual(Buffer.concat([Buffer.from("udp "), query]));
  expect(await askKnap(knap, secret, query, "tcp")).toEqual(Buffer.concat([Buffer.from("tcp "), query]));
});

test("knap is found among addresses, and only with its secret", async () => {
  const nobody = { host, port: 1 };
  expect(await findKnap([nobody, knap], secret)).toEqual(knap);
  expect(await findKnap([nobody, knap], secret.replace("0", "9"))).toBeUndefined();
  expect(readies).toBe(0);
  expect(await isKnapAt(knap, secret, "ready")).toBe(true);
  expect(readies).toBe(1);
});

test("who shows no secret is cut off without a word", async () => {
  const stranger = dial(knap);
  stranger.on("error", () => {});
  let heard = "";
  stranger.on("data", (chunk) => {
    heard += chunk;
  });
  stranger.write("GET / HTTP/1.1\r\nHost: hello.default\r\n\r\n");
  await once(stranger, "close");
  expect(heard).toBe("");
});
