// The content type of a response whose container names none (Q37), over real sockets.
import { afterEach, expect, test } from "vitest";
import { nodeForwarder } from "../../../../src/data-plane/http-client/node-forwarder.ts";
import { ForwarderBench, finalReply, get, head, valuesOf } from "../../../contract/forwarder-bench.ts";

let bench: ForwarderBench | undefined;
afterEach(() => bench?.[Symbol.asyncDispose]());

const answering = async (...lines: readonly string[]): Promise<ForwarderBench> => {
  const send = ["HTTP/1.1 200 OK", ...lines].join("\r\n");
  bench = await ForwarderBench.open(nodeForwarder, { rules: [{ repeat: true, steps: [{ send }] }] });
  return bench;
};

test.each([
  ["guessed where the length is known", ["Content-Length: 9", "", "<p>hi</p>"], ["text/html; charset=utf-8"]],
  ["guessed for a large body", ["Content-Length: 9000", "", "x".repeat(9000)], ["text/plain; charset=utf-8"]],
  ["left as it is", ["Content-Type: a/b", "Content-Length: 2", "", "ok"], ["a/b"]],
  ["left empty", ["Content-Type:", "Content-Length: 2", "", "ok"], [""]],
  ["not guessed for encoded bytes", ["Content-Encoding: gzip", "Content-Length: 2", "", "ok"], []],
  ["not guessed for a stream", ["Transfer-Encoding: chunked", "", "2", "ok", "0", "", ""], []],
  ["not guessed for nothing", ["Content-Length: 0", "", ""], []],
])("is %s, again on the same connection", async (_what, lines, types) => {
  const { length } = lines[lines.indexOf("") + 1] as string;
  const client = (await answering(...lines)).client();
  client.send(get("/1") + get("/2"));
  await client.recv(2, 3000);
  for (const index of [0, 1]) {
    const reply = finalReply(client, index);
    expect(valuesOf(reply.headers, "content-type")).toEqual(types);
    expect(reply.complete).toBe(true);
    if (!lines.includes("Transfer-Encoding: chunked")) expect(reply.body).toHaveLength(length);
  }
});

test("is not guessed for HEAD", async () => {
  const { headers } = await (await answering("Content-Length: 9", "", "<p>hi</p>")).ask(head("HEAD /"), [0]);
  expect(valuesOf(headers, "content-type")).toEqual([]);
});

test("a container that dies before its first byte leaves no head behind", async () => {
  bench = await ForwarderBench.open(nodeForwarder, {
    rules: [{ steps: [{ send: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" }, { close: 1 }] }],
  });
  const cut = bench.client();
  cut.send(get("/"));
  await cut.untilEnded(2000);
  expect(cut.received).toBe("");
  expect(bench.outcomes).toMatchObject([{ kind: "truncated" }]);
});
