// Checks streaming, connection ends, upgrades, connection reuse and failures of a forwarder.
import { expect } from "vitest";
import {
  CHUNKED,
  ForwarderBench,
  type ForwarderCheck,
  finalReply,
  get,
  head,
  OK,
  SWITCH,
  valuesOf,
  WAIT_MS,
} from "./forwarder-bench.ts";

const UPGRADE = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

/** Check name → check. The names appear in `lacks` and start with the number of the fact. */
export const flowChecks: Readonly<Record<string, ForwarderCheck>> = {
  "Q29 container connections are reused, also if the client closes or uploads in chunks": async (factory) => {
    await using bench = await ForwarderBench.open(factory);
    for (let round = 0; round < 5; round += 1) await bench.ask(get("/", "Connection: close"));
    await bench.ask(`${head("POST /", "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n`);
    await bench.ask(get("/last"));
    expect(bench.app.conns()).toHaveLength(1);
  },
  "Q31 a container that refuses the connection, or closes it without a response, is unreachable": async (factory) => {
    await using refused = await ForwarderBench.open(factory, { listen: false });
    expect((await refused.ask(get("/"))).body).toMatch(/^dial tcp 127\.0\.0\.1:\d+: connect: connection refused\n$/);
    await using closed = await ForwarderBench.open(factory, { rules: [{ steps: [{ close: 1 }] }] });
    expect((await closed.ask(get("/"))).body).toBe("EOF\n");
    expect(closed.outcomes[0]?.kind).toBe("unreachable");
  },
  "Q31 a 101 response that the client did not request is refused": async (factory) => {
    await using bench = await ForwarderBench.open(factory, { rules: [{ tunnel: true, steps: [{ send: SWITCH }] }] });
    const { status, body } = await bench.ask(get("/"));
    expect([status, body]).toEqual([502, 'backend tried to switch protocol "websocket" when "" was requested\n']);
  },
  "Q31 a refused upgrade keeps the client's connection open": async (factory) => {
    const refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nno ws";
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps: [{ send: refusal }] }] });
    const client = bench.client();
    client.send(get("/ws", ...UPGRADE));
    await client.recv(1, WAIT_MS);
    client.send(get("/next"));
    await client.recv(1, WAIT_MS);
    expect(finalReply(client).body).toBe("no ws");
    expect(finalReply(client, 1).body).toBe("ok");
  },
  "Q32 a truncated response is truncated for the client": async (factory) => {
    const steps = [{ send: `${CHUNKED}5\r\nhello\r\n` }, { sleep: 50 }, { close: 1 }];
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps }] });
    const client = bench.client();
    client.send(get("/"));
    await client.untilEnded(WAIT_MS);
    expect(finalReply(client)).toMatchObject({ body: "hello", complete: false });
    expect(bench.outcomes).toEqual([{ kind: "truncated", status: 200 }]);
  },
  "an early response of a container that then closes is not lost": async (factory) => {
    const refusal = "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno";
    const rules = [{ on: "head", repeat: true, steps: [{ send: refusal }, { close: 1 }] }] as const;
    await using bench = await ForwarderBench.open(factory, { rules });
    for (let round = 0; round < 5; round += 1) {
      const client = bench.client();
      client.send(head("POST /", "Content-Length: 1000000") + "x".repeat(400_000));
      await client.recv(1, WAIT_MS);
      expect(finalReply(client)).toMatchObject({ status: 413, body: "no" });
    }
  },
  "T39 a client that disconnects closes the container's connection": async (factory) => {
    await using bench = await ForwarderBench.open(factory, { rules: [{ repeat: true, steps: [{ gate: "never" }] }] });
    for (let round = 0; round < 5; round += 1) {
      const client = bench.client();
      client.send(get("/"));
      await bench.app.watch.until(() => bench.app.requests().length > round, WAIT_MS);
      client.finish("close");
    }
    const ended = (): boolean => bench.app.conns().filter(({ end }) => end !== "open").length === 5;
    await bench.app.watch.until(ended, WAIT_MS);
    expect(ended()).toBe(true);
    expect(bench.outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => "abandoned"));
  },
  "Q33 a response without length is sent at once: its head, then each chunk": async (factory) => {
    const steps = [
      { send: CHUNKED },
      { gate: "one" },
      { send: "3\r\nONE\r\n" },
      { gate: "two" },
      { send: "0\r\n\r\n" },
    ];
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps }] });
    const client = bench.client();
    client.send(get("/"));
    await client.recvText("\r\n\r\n", WAIT_MS);
    expect(client.received).toContain("\r\n\r\n");
    bench.app.openGate("one");
    await client.recvText("ONE", WAIT_MS);
    expect(client.received).toContain("ONE");
    bench.app.openGate("two");
    await client.recv(1, WAIT_MS);
    expect(finalReply(client)).toMatchObject({ body: "ONE", complete: true });
  },
  "Q33 a response of known length is buffered up to 4 KiB": async (factory) => {
    const steps = [{ send: "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nONE" }, { gate: "two" }, { send: "TWO" }];
    await using bench = await ForwarderBench.open(factory, { rules: [{ steps }] });
    const client = bench.client();
    client.send(get("/"));
    await client.recvText("ONE", 200);
    expect(client.received).toBe("");
    bench.app.openGate("two");
    await client.recv(1, WAIT_MS);
    expect(finalReply(client).body).toBe("ONETWO");
  },
  "Q38 request and response bodies flow at the same time": async (factory) => {
    const steps = [{ bodyBytes: 3 }, { send: `${CHUNKED}3\r\nONE\r\n` }, { body: 1 }, { send: "0\r\n\r\n" }];
    await using bench = await ForwarderBench.open(factory, { rules: [{ on: "head", steps }] });
    const client = bench.client();
    client.send(`${head("POST /", "Transfer-Encoding: chunked")}3\r\none\r\n`);
    await client.recvText("ONE", WAIT_MS);
    expect(client.received).toContain("ONE");
    client.send("3\r\ntwo\r\n0\r\n\r\n");
    await client.recv(1, WAIT_MS);
    expect(bench.app.requests()[0]?.body).toBe("onetwo");
  },
  "Q38 the response waits until the request body is read": async (factory) => {
    const steps = [{ bodyBytes: 3 }, { send: OK }];
    const rules = [{ on: "head", repeat: true, steps }] as const;
    await using bench = await ForwarderBench.open(factory, { rules }, { delaysResponse: true });
    const client = bench.client();
    client.send(`${head("POST /", "Transfer-Encoding: chunked")}3\r\none\r\n`);
    await client.recvText("ok", 300);
    expect(client.received).toBe("");
    client.send("3\r\ntwo\r\n0\r\n\r\n");
    await client.recv(1, WAIT_MS);
    expect(finalReply(client).body).toBe("ok");
    const endless = bench.client();
    endless.send(`${head("POST /", "Transfer-Encoding: chunked")}3\r\none\r\n`);
    await endless.recvText("ok", 200);
    expect(endless.received).toBe("");
    endless.send(`${(400_000).toString(16)}\r\n${"x".repeat(400_000)}\r\n`);
    await endless.recv(1, WAIT_MS);
    expect(valuesOf(finalReply(endless).headers, "connection")).toEqual(["close"]);
    const large = bench.client();
    large.send(`${head("POST /", "Content-Length: 10000000")}abc`);
    await large.recv(1, WAIT_MS);
    expect(valuesOf(finalReply(large).headers, "connection")).toEqual(["close"]);
  },
  "Q14 after a cancel the caller can append to the response body": async (factory) => {
    let cancel = (): void => {};
    const steps = [{ send: `${CHUNKED}5\r\nhello\r\n` }, { gate: "never" }];
    await using bench = await ForwarderBench.open(
      factory,
      { rules: [{ steps }] },
      {
        onCancellable: (forward) => {
          cancel = () => forward.cancel();
        },
      },
    );
    const client = bench.client();
    client.send(get("/"));
    await client.recvText("hello", WAIT_MS);
    cancel();
    await expect.poll(() => bench.outcomes.length).toBe(1);
    const [outcome] = bench.outcomes;
    if (outcome?.kind !== "cancelled") throw new Error(`outcome ${outcome?.kind}`);
    outcome.body?.end("bye");
    await client.recv(1, WAIT_MS);
    expect(finalReply(client)).toMatchObject({ body: "hellobye", complete: true });
    await bench.app.watch.until(() => bench.app.conns()[0]?.end === "fin", WAIT_MS);
    expect(bench.app.conns()[0]?.end).toBe("fin");
  },
  "Q21 a websocket relays bytes both ways, early ones too, until one side ends": async (factory) => {
    await using bench = await ForwarderBench.open(factory, {
      rules: [{ tunnel: true, steps: [{ send: `${SWITCH}first` }, { echo: 1 }] }],
    });
    const client = bench.client();
    client.send(`${get("/ws", ...UPGRADE)}early`);
    await client.recvText("early", WAIT_MS);
    client.send("x".repeat(300_000));
    await client.watch.until(() => (client.reader.tunnel?.length ?? 0) >= 300_010, WAIT_MS);
    expect(client.reader.tunnel).toBe(`firstearly${"x".repeat(300_000)}`);
    client.finish("close");
    await bench.app.watch.until(() => bench.app.conns()[0]?.end !== "open", WAIT_MS);
    expect(bench.app.conns()[0]?.end).not.toBe("open");
  },
  "Q24 upgrades other than websocket are relayed": async (factory) => {
    const steps = [{ send: SWITCH.replace("websocket", "foo") }, { echo: 1 }];
    await using bench = await ForwarderBench.open(factory, { rules: [{ tunnel: true, steps }] });
    const client = bench.client();
    client.send(get("/", "Connection: Upgrade", "Upgrade: foo"));
    await client.recv(1, WAIT_MS);
    client.send("ping");
    await client.recvText("ping", WAIT_MS);
    expect(client.reader.tunnel).toBe("ping");
  },
  "a request on a stale connection is retried if it is idempotent": async (factory) => {
    const rules = [{ steps: [{ send: OK }] }, { steps: [{ close: 1 }] }];
    await using bench = await ForwarderBench.open(factory, { rules });
    await bench.ask(get("/1"));
    expect((await bench.ask(get("/2"))).status).toBe(200);
    await using posted = await ForwarderBench.open(factory, { rules });
    await posted.ask(get("/1"));
    expect((await posted.ask(`${head("POST /2", "Content-Length: 1")}x`)).status).toBe(502);
  },
  "large bodies arrive complete in both directions": async (factory) => {
    const size = 8_000_000;
    const reply = `HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`;
    await using bench = await ForwarderBench.open(factory, {
      rules: [{ steps: [{ send: [reply, { rep: ["y", size] }] }] }],
    });
    const { body, complete } = await bench.ask(head("POST /", `Content-Length: ${size}`) + "x".repeat(size));
    expect([body.length, complete, bench.app.requests()[0]?.body.length]).toEqual([size, true, size]);
  },
};
