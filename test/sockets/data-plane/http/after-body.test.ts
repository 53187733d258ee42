// Tests replies to requests whose body is still being sent (Q16), over real sockets.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sendReplyAfterBody } from "../../../../src/data-plane/http/after-body.ts";
import { makeReply } from "../../../../src/data-plane/http/errors.ts";
import { type OpenListener, openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { RawClient } from "../../../golden/queue-proxy/client.ts";

let listener: OpenListener;
let client: RawClient;

beforeEach(async () => {
  listener = await openListener({
    host: "127.0.0.1",
    port: 0,
    listener: "public",
    handler: async (exchange) => sendReplyAfterBody(exchange, makeReply(504, "request timeout")),
  });
  client = new RawClient(listener.port, []);
});
afterEach(async () => {
  client.destroy();
  await listener.close(0);
});

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const post = (...headers: readonly string[]): string => ["POST / HTTP/1.1", "Host: h", ...headers, "", ""].join("\r\n");
const NEXT = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

describe("a reply before the body is complete", () => {
  test.each([
    ["of known length", [post("Content-Length: 10"), "12345"], "67890"],
    ["in chunks", [post("Transfer-Encoding: chunked"), "3\r\nabc\r\n"], "0\r\n\r\n"],
    ["in small chunks", [post("Transfer-Encoding: chunked"), "1\r\na\r\n"], "1\r\nb\r\n0\r\n\r\n"],
  ])("the reply waits for a body %s, and the connection stays open", async (_kind, parts, rest) => {
    for (const part of parts) client.send(part);
    await pause(150);
    expect(client.received).toBe("");
    client.send(rest);
    await client.recv(1, 1000);
    client.send(NEXT);
    await client.recv(1, 1000);
    expect(client.received.match(/HTTP\/1\.1 504/g)).toHaveLength(2);
    expect(client.received).not.toMatch(/connection: close/i);
  });

  test.each([
    ["the declared body is larger than the listener reads", [post("Content-Length: 1000000"), "12345"]],
    ["the request has Connection: close", [post("Content-Length: 10", "Connection: close"), "12345"]],
    ["the client waits for 100 Continue", [post("Content-Length: 10", "Expect: 100-continue")]],
  ])("the reply is sent at once and ends the connection when %s", async (_why, parts) => {
    for (const part of parts) client.send(part);
    await client.untilEnded(1500);
    expect(client.received).toMatch(/^HTTP\/1\.1 504 [\s\S]*Connection: close\r\n[\s\S]*request timeout$/);
    expect(client.end).not.toBe("open");
  });

  test("the reply is sent and ends the connection when the body exceeds what the listener reads", async () => {
    client.send(post("Transfer-Encoding: chunked"));
    client.send(`61a80\r\n${"x".repeat(400_000)}\r\n`);
    await client.untilEnded(1500);
    expect(client.received).toMatch(/^HTTP\/1\.1 504 [\s\S]*Connection: close\r\n/);
  });

  test("a client that disconnects gets no reply, and others are served", async () => {
    client.send(post("Content-Length: 10"));
    await pause(50);
    client.finish("close");
    await pause(100);
    client = new RawClient(listener.port, []);
    client.send(NEXT);
    await client.recv(1, 1000);
    expect(client.received).toMatch(/^HTTP\/1\.1 504/);
  });
});
