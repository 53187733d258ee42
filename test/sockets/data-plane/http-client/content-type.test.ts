// Tests the content type of responses that have none (Q37), over real sockets.
import { afterEach, expect, test } from "vitest";
import { nodeForwarder } from "../../../../src/data-plane/http-client/node-forwarder.ts";
import { ForwarderBench, finalReply, get, head, valuesOf } from "../../../contract/forwarder-bench.ts";

let bench: ForwarderBench | undefined;
afterEach(() => bench?.[Symbol.asyncDispose]());

const openWith = async (...lines: readonly string[]): Promise<ForwarderBench> => {
  const send = ["HTTP/1.1 200 OK", ...lines].join("\r\n");
  bench = await ForwarderBench.open(nodeForwarder, { rules: [{ repeat: true, steps: [{ send }] }] });
  return bench;
};

test.each([
  ["guessed for a known length", ["Content-Length: 9", "", "<p>hi</p>"], ["text/html; charset=utf-8"]],
  ["guessed for a large body", ["Content-Length: 9000", "", "x".repeat(9000)], ["text/plain; charset=utf-8"]],
  ["unchanged if present", ["Content-Type: a/b", "Content-Length: 2", "", "ok"], ["a/b"]],
  ["unchanged if empty", ["Content-Type:", "Content-Length: 2", "", "ok"], [""]],
  ["not guessed for encoded bytes", ["Content-Encoding: gzip", "Content-Length: 2", "", "ok"], []],
  ["not guessed for a stream", ["Transfer-Encoding: chunked", "", "2", "ok", "0", "", ""], []],
  ["not guessed for an empty body", ["Content-Length: 0", "", ""], []],
])("the content type is %s, also for the second response of a connection", async (_what, lines, types) => {
  const { length } = lines[lines.indexOf("") + 1] as string;
  const client = (await openWith(...lines)).client();
  client.send(get("/1") + get("/2"));
  await client.recv(2, 3000);
  for (const index of [0, 1]) {
    const reply = finalReply(client, index);
    expect(valuesOf(reply.headers, "content-type")).toEqual(types);
    expect(reply.complete).toBe(true);
    if (!lines.includes("Transfer-Encoding: chunked")) expect(reply.body).toHaveLength(length);
  }
});

test("the content type is not guessed for HEAD", async () => {
  const { headers } = await (await openWith("Content-Length: 9", "", "<p>hi</p>")).ask(head("HEAD /"), [0]);
  expect(valuesOf(headers, "content-type")).toEqual([]);
});

test("a container that closes before the first byte of the body causes no response head", async () => {
  bench = await ForwarderBench.open(nodeForwarder, {
    rules: [{ steps: [{ send: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" }, { close: 1 }] }],
  });
  const client = bench.client();
  client.send(get("/"));
  await client.untilEnded(2000);
  expect(client.received).toBe("");
  expect(bench.outcomes).toMatchObject([{ kind: "truncated" }]);
});
