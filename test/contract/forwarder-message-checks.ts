// Checks headers, targets, trailers and interim responses that a forwarder relays.
import { expect } from "vitest";
import {
  CHUNKED,
  ForwarderBench,
  type ForwarderCheck,
  finalReply,
  get,
  head,
  OK,
  valuesOf,
  WAIT_MS,
} from "./forwarder-bench.ts";

/** Check name → check. The names appear in `lacks` and start with the number of the fact. */
export const messageChecks: Readonly<Record<string, ForwarderCheck>> = {
  "Q24 hop-by-hop headers and those named in Connection are removed in both directions": async (factory) => {
    const reply =
      "HTTP/1.1 200 OK\r\nConnection: X-Own\r\nX-Own: 1\r\nKeep-Alive: timeout=9\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n";
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps: [{ send: reply }] }] });
    const lines = [
      "Connection: close, X-Named",
      "X-Named: 1",
      "Proxy-Authorization: x",
      "TE: trailers;q=1",
      "X-Kept: 1",
    ];
    const { headers } = await bench.ask(get("/", ...lines));
    const [request] = bench.app.requests();
    expect(request?.headers.map(([name]) => name.toLowerCase()).sort()).toEqual(["host", "x-kept"]);
    expect(headers.map(([name]) => name.toLowerCase()).sort()).toEqual([
      "connection",
      "content-length",
      "date",
      "x-kept",
    ]);
  },
  "Q25 `TE: trailers` and custom methods are relayed": async (factory) => {
    await using bench = await ForwarderBench.open(factory);
    await bench.ask(head("PURGE /x", "TE: gzip, trailers"));
    const [request] = bench.app.requests();
    expect(request?.method).toBe("PURGE");
    expect(valuesOf(request?.headers ?? [], "te")).toEqual(["trailers"]);
  },
  "Q26 the target and repeated headers are relayed unchanged": async (factory) => {
    await using bench = await ForwarderBench.open(factory);
    await bench.ask(get("//a/./b/../%2F%c3?x=1&&y=", "X-Two: b", "X-Two: a"));
    const [request] = bench.app.requests();
    expect(request?.target).toBe("//a/./b/../%2F%c3?x=1&&y=");
    expect(valuesOf(request?.headers ?? [], "x-two")).toEqual(["b", "a"]);
  },
  "Q26 several Cookie lines stay separate": async (factory) => {
    await using bench = await ForwarderBench.open(factory);
    await bench.ask(get("/", "Cookie: a=1", "Cookie: b=2"));
    expect(valuesOf(bench.app.requests()[0]?.headers ?? [], "cookie")).toEqual(["a=1", "b=2"]);
  },
  "Q26 no User-Agent, Accept-Encoding or Connection is added": async (factory) => {
    await using bench = await ForwarderBench.open(factory);
    await bench.ask(get("/"));
    expect(bench.app.requests()[0]?.headers.map(([name]) => name.toLowerCase())).toEqual(["host"]);
  },
  "Q34 response trailers are relayed, announced or not": async (factory) => {
    const sent = CHUNKED.replace("Content-Type", "Trailer: X-Sum\r\nContent-Type");
    await using bench = await ForwarderBench.open(factory, {
      rules: [{ steps: [{ send: `${sent}1\r\na\r\n0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n` }] }],
    });
    const { headers, trailers } = await bench.ask(get("/"));
    expect(valuesOf(headers, "trailer")).toEqual(["X-Sum"]);
    expect(trailers).toEqual([
      ["X-Sum", "1"],
      ["X-More", "2"],
    ]);
  },
  "Q34 the Trailer header of a response with a length is dropped": async (factory) => {
    const send = "HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nContent-Length: 2\r\n\r\nok";
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps: [{ send }] }] });
    const { status, body, headers } = await bench.ask(get("/"));
    expect([status, body, valuesOf(headers, "trailer")]).toEqual([200, "ok", []]);
  },
  "Q34 a 204 may announce trailers": async (factory) => {
    const send = "HTTP/1.1 204 No Content\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps: [{ send }] }] });
    expect((await bench.ask(get("/"))).status).toBe(204);
  },
  "Q34 request trailers are relayed": async (factory) => {
    await using bench = await ForwarderBench.open(factory);
    await bench.ask(`${head("POST /", "Transfer-Encoding: chunked", "Trailer: X-Sum")}1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n`);
    expect(bench.app.requests()[0]).toMatchObject({ body: "a", trailers: [["X-Sum", "1"]] });
  },
  "Q35 interim responses are relayed at once, and the final status is kept": async (factory) => {
    const steps = [
      { send: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" },
      { gate: "go" },
      { send: "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" },
    ];
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps }] });
    const client = bench.client();
    client.send(get("/"));
    await client.recvText("</a>", WAIT_MS);
    expect(client.received).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a>\r\n\r\n$/i);
    bench.app.openGate("go");
    await client.recv(1, WAIT_MS);
    expect(finalReply(client).status).toBe(404);
  },
  "Q25 Expect is relayed end to end": async (factory) => {
    const accepts = [{ send: "HTTP/1.1 100 Continue\r\n\r\n" }, { body: 1 }, { send: OK }];
    await using bench = await ForwarderBench.open(factory, { rules: [{ on: "head", steps: accepts }] });
    const client = bench.client();
    client.send(head("POST /", "Expect: 100-continue", "Content-Length: 5"));
    await client.recvText("100 Continue", WAIT_MS);
    expect(bench.app.requests()[0]?.headers).toContainEqual(["Expect", "100-continue"]);
    client.send("hello");
    await client.recv(1, WAIT_MS);
    expect(finalReply(client).body).toBe("ok");
    const refuses = [{ send: "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n" }];
    await using refusing = await ForwarderBench.open(factory, { rules: [{ on: "head", steps: refuses }] });
    const refused = refusing.client();
    refused.send(head("POST /", "Expect: 100-continue", "Content-Length: 5"));
    await refused.untilEnded(WAIT_MS);
    expect(finalReply(refused).status).toBe(417);
    expect(refused.received).not.toContain("100 Continue");
  },
  "Q37 HEAD, 204 and 304 have no body": async (factory) => {
    const answers = [
      "200 OK\r\nContent-Length: 9",
      "204 No Content",
      "304 Not Modified\r\nETag: x\r\nContent-Type: a/b",
    ];
    const rules = answers.map((text) => ({ steps: [{ send: `HTTP/1.1 ${text}\r\n\r\n` }] }));
    await using bench = await ForwarderBench.open(factory, { rules });
    const client = bench.client([0]);
    for (const line of ["HEAD /", "GET /", "GET /"]) {
      client.send(head(line));
      await client.recv(1, WAIT_MS);
    }
    expect(valuesOf(finalReply(client, 0).headers, "content-length")).toEqual(["9"]);
    expect([1, 2].map((at) => finalReply(client, at).status)).toEqual([204, 304]);
    expect(valuesOf(finalReply(client, 2).headers, "content-type")).toEqual([]);
  },
};
