// Tests a listener over real sockets: both protocols on one port, TLS with ALPN and SNI, timeouts and closing.
import { connect as connectH2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { makeReply, sendReply } from "../../../../src/data-plane/http/errors.ts";
import type { Exchange } from "../../../../src/data-plane/http/exchange.ts";
import {
  type ListenerOptions,
  type OpenListener,
  openListener,
} from "../../../../src/data-plane/http-server/open-listener.ts";
import { makeLoopbackCertificate } from "../../../../src/gateway/certificates.ts";
import { RawClient } from "../../../golden/queue-proxy/client.ts";
import { eventually } from "../../../support/eventually.ts";

const listeners: OpenListener[] = [];
const clients: { destroy(): unknown }[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close(0)));
});

const describeRequest = async (exchange: Exchange): Promise<void> => {
  sendReply(exchange, makeReply(200, `${exchange.version} ${exchange.listener} ${exchange.host} ${exchange.target}`));
};

async function open(options: Partial<ListenerOptions> = {}): Promise<OpenListener> {
  const listener = await openListener({
    host: "127.0.0.1",
    port: 0,
    listener: "public",
    handler: describeRequest,
    ...options,
  });
  listeners.push(listener);
  return listener;
}

function raw(port: number): RawClient {
  const client = new RawClient(port, []);
  clients.push(client);
  return client;
}

function bodyOf(client: RawClient, index = 0): unknown {
  return (client.result()["responses"] as { body: string }[])[index]?.body;
}

async function askH2(url: string, options: object = {}): Promise<string> {
  const session = connectH2(url, options);
  clients.push(session);
  const stream = session.request({ ":path": "/two" });
  let body = "";
  for await (const chunk of stream) body += String(chunk);
  return body;
}

describe("one port", () => {
  test("one port takes HTTP/1.0, HTTP/1.1 and HTTP/2 by prior knowledge", async () => {
    const { port } = await open();
    const client = raw(port);
    client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    await client.recv(1, 2000);
    const old = raw(port);
    old.send("GET /b HTTP/1.0\r\n\r\n");
    await old.untilEnded(2000);
    expect([bodyOf(client), bodyOf(old)]).toEqual(["1.1 public h /a", "1.0 public  /b"]);
    expect(await askH2(`http://127.0.0.1:${port}`)).toBe(`2 public 127.0.0.1:${port} /two`);
  });

  test("a first line that Node's parser does not know is read also if it arrives in pieces (11 A1)", async () => {
    const { port } = await open();
    for (const pieces of [
      ["FO", "O /a", " HTTP/1.1", "\r\nHost: h\r\n\r\n"],
      ["GET /", "a HTTP/1.1\r\nHost: h\r\n\r\n"],
    ]) {
      const client = raw(port);
      for (const piece of pieces) {
        client.send(piece);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      await client.recv(1, 1000);
      expect(bodyOf(client)).toBe("1.1 public h /a");
    }
  });

  test.each([
    ["ends in its first line", "GET /a"],
    ["ends in a long first line", `GET /${"a".repeat(9000)}`],
    ["is not HTTP", "\x16\x03\x01"],
  ])("a connection that %s gets a 400 (11 A1)", async (_how, text) => {
    const client = raw((await open()).port);
    client.send(text);
    if (text.startsWith("GET")) client.finish("fin");
    await client.untilEnded(2000);
    expect(client.received).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("one port detects the protocol also if the first bytes arrive one by one", async () => {
    const { port } = await open();
    const post = raw(port);
    for (const part of ["P", "OST", " / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"]) {
      post.send(part);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await post.recv(1, 2000);
    expect(bodyOf(post)).toBe("1.1 public h /");
    const h2: Socket = connect(port, "127.0.0.1");
    clients.push(h2);
    const settings = new Promise<Buffer>((resolve) => h2.once("data", resolve));
    for (const part of ["PR", "I * HTTP/2", ".0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"]) {
      h2.write(part, "latin1");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await settings)[3]).toBe(4);
  });

  test("a target with bytes above 0x7f is encoded as Go encodes it", async () => {
    const { port } = await open();
    const client = raw(port);
    client.send("GET /\xc3\xbc?q=\xc3\xbc HTTP/1.1\r\nHost: h\r\n\r\n");
    await client.recv(1, 2000);
    expect(bodyOf(client)).toBe("1.1 public h /%C3%BC?q=\xc3\xbc");
  });
});

describe("a TLS listener", () => {
  test("a TLS listener offers HTTP/2 and HTTP/1.1 by ALPN, with the certificate for the requested name", async () => {
    const { authority, ...pair } = await makeLoopbackCertificate(new Date());
    const requested: string[] = [];
    const contextFor = (name: string) => {
      requested.push(name);
      return createSecureContext(pair);
    };
    const { port } = await open({ listener: "tls", tls: { contextFor, ...pair } });
    const trust = { ca: authority, servername: "hello.test", checkServerIdentity: () => undefined };
    expect(await askH2(`https://127.0.0.1:${port}`, trust)).toContain("2 tls");
    const socket = connectTls({ port, host: "127.0.0.1", ...trust, ALPNProtocols: ["http/1.1"] });
    clients.push(socket);
    socket.write("GET /one HTTP/1.1\r\nHost: hello.test\r\nConnection: close\r\n\r\n");
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    expect(text).toContain("1.1 tls hello.test /one");
    expect(requested).toEqual(["hello.test", "hello.test"]);
  });
});

describe("limits of time and connections", () => {
  test("a client is disconnected when its headers do not end or it sends nothing, with and without TLS", async () => {
    const { authority, ...pair } = await makeLoopbackCertificate(new Date());
    const limits = { headersTimeoutMs: 300 };
    const plain = await open({ limits });
    const secure = await open({ limits, listener: "tls", tls: pair });
    const [slow, silent] = [raw(plain.port), raw(plain.port)];
    slow.send("GET / HTTP/1.1\r\nHost: h\r\nX-Slow");
    const tlsClient = connectTls({ port: secure.port, host: "127.0.0.1", rejectUnauthorized: false });
    clients.push(tlsClient);
    tlsClient.on("error", () => {});
    tlsClient.write("GET / HTTP/1.1\r\nHost: h\r\nX-Slow");
    const tlsClientEnd = new Promise((resolve) => tlsClient.once("close", resolve));
    await Promise.all([slow.untilEnded(3000), silent.untilEnded(3000), tlsClientEnd]);
    expect([slow.end, silent.end]).not.toContain("open");
    expect(slow.received).toBe("");
  });

  test("an idle client is disconnected after the keep-alive timeout, also over HTTP/2", async () => {
    const { port } = await open({ limits: { keepAliveTimeoutMs: 200 } });
    const client = raw(port);
    client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    const session = connectH2(`http://127.0.0.1:${port}`);
    const ended = new Promise((resolve) => session.once("close", resolve));
    session.request({ ":path": "/2" }).resume();
    await Promise.all([client.untilEnded(4000), ended]);
    expect(client.end).not.toBe("open");
    expect(bodyOf(client, 0)).toBe("1.1 public h /1");
  });

  test("a client above the connection limit is disconnected, and accepted after another one closes", async () => {
    const { port } = await open({ limits: { connections: 1 } });
    const [first, second] = [raw(port), raw(port)];
    first.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    await first.recv(1, 1000);
    second.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
    await second.untilEnded(2000);
    expect([second.end, second.received]).toEqual([expect.not.stringMatching("open"), ""]);
    first.finish("close");
    await eventually(async () => {
      const third = raw(port);
      third.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
      await third.recv(1, 500);
      expect(bodyOf(third, 0)).toBe("1.1 public h /3");
    });
  });

  test("at the connection limit, new connections and busy HTTP/2 sessions stay open, and idle ones close (11 A9)", async () => {
    let finish = (): void => {};
    const handler = async (exchange: Exchange): Promise<void> => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      await describeRequest(exchange);
    };
    const { port } = await open({ limits: { connections: 3 }, handler });
    const [busy, idle] = [connectH2(`http://127.0.0.1:${port}`), connectH2(`http://127.0.0.1:${port}`)];
    clients.push(busy, idle);
    const goneAway = new Set<string>();
    busy.on("goaway", () => goneAway.add("busy"));
    idle.on("goaway", () => goneAway.add("idle"));
    const stream = busy.request({ ":path": "/busy" });
    const answered = new Promise((resolve) => stream.resume().once("response", resolve));
    await new Promise((resolve) => idle.once("remoteSettings", resolve));
    const fresh = connect(port, "127.0.0.1").on("error", () => {});
    clients.push(fresh);
    await new Promise((resolve) => fresh.once("connect", resolve));
    const drop = (): Promise<void> => raw(port).untilEnded(1000);
    await drop();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([fresh.closed, [...goneAway]]).toEqual([false, []]);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await drop();
    await expect.poll(() => [fresh.resume().closed, [...goneAway]]).toEqual([true, ["idle"]]);
    finish();
    await answered;
  });

  test("a client has no time limit between requests and for its body", async () => {
    const { port } = await open({ limits: { headersTimeoutMs: 200 } });
    const client = raw(port);
    client.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
    await client.recv(1, 1000);
    await new Promise((resolve) => setTimeout(resolve, 600));
    client.send("POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
    await new Promise((resolve) => setTimeout(resolve, 600));
    client.send("b");
    await client.recv(1, 1000);
    expect([bodyOf(client, 0), bodyOf(client, 1)]).toEqual(["1.1 public h /1", "1.1 public h /2"]);
  });
});

describe("closing", () => {
  test("close() ends idle connections at once, and a busy one after its response with Connection: close", async () => {
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const handler = async (exchange: Exchange): Promise<void> => {
      if (exchange.target === "/slow") await slow;
      await describeRequest(exchange);
    };
    const listener = await open({ handler });
    const [idle, silent, busy] = [raw(listener.port), raw(listener.port), raw(listener.port)];
    idle.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    await idle.recv(1, 2000);
    busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = listener.close(5000);
    await Promise.all([idle.untilEnded(1000), silent.untilEnded(1000)]);
    expect([idle.end, silent.end, busy.end]).toEqual(["fin", "fin", "open"]);
    finish();
    await busy.untilEnded(1000);
    expect(busy.received).toMatch(/\r\nConnection: close\r\n/);
    await closed;
  });

  test("close() destroys connections that outlive the grace period", async () => {
    const listener = await open({ handler: () => new Promise(() => {}) });
    const client = raw(listener.port);
    client.send("GET /never HTTP/1.1\r\nHost: h\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 30));
    const began = Date.now();
    await listener.close(100);
    await client.untilEnded(1000);
    expect(client.end).not.toBe("open");
    expect(Date.now() - began).toBeLessThan(1000);
  });
});
