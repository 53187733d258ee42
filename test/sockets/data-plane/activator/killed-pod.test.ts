// Kills the application of a pod while the pod is still Ready: requests that did not reach it go to another pod
// or wait. Applications are processes, so that their kernel ends the connections.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RevisionTraffic } from "../../../../src/data-plane/activator/revision-path.ts";
import { DataPlane, HOST, makeIngress } from "../../../support/data-plane.ts";

const CLIENTS = 16;
const REQUESTS = 600;
const KILL_AFTER = 200;

/** Replies with its request's body, echoes upgraded connections, and ends at /crash. argv: protocol, port. */
const APP = `
const [protocol, port] = process.argv.slice(1);
const serve = (request, response) => {
  if (request.url === "/crash") process.exit();
  request.pipe(response);
};
const server = require(protocol).createServer(serve);
server.on("upgrade", (_, socket, head) => {
  socket.write("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\n");
  socket.write(head);
  socket.pipe(socket);
});
server.keepAliveTimeout = 0;
server.listen(Number(port), "127.0.0.1", () => process.stdout.write(String(server.address().port)));
`;

interface App {
  readonly port: number;
  kill(): Promise<void>;
}

let plane: DataPlane;
let agent: Agent;
let children: ChildProcess[];

beforeEach(() => {
  agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  children = [];
});
afterEach(async () => {
  agent.destroy();
  await plane[Symbol.asyncDispose]();
  for (const child of children) child.kill("SIGKILL");
});

async function startApp(protocol: "http" | "http2", port = 0): Promise<App> {
  const child = spawn(process.execPath, ["-e", APP, protocol, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [text] = (await once(child.stdout, "data")) as [Buffer];
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { port: Number(text), kill };
}

/** A revision whose pods `a`, `b`, … run these applications and stay Ready. */
async function route(apps: readonly App[], mode: RevisionTraffic["mode"], http2 = false, probed = true): Promise<void> {
  plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }, http2 ? 81 : 80));
  const pods = apps.map(({ port }, index) => {
    const readinessProbes = probed ? [{ tcpSocket: { port } }] : [];
    return plane.pod({ name: `pod-${index}`, port, readinessProbes });
  });
  plane.update({ mode, backends: pods.map((pod) => pod.backend()) });
}

async function ask(body?: string, path = "/"): Promise<string> {
  const method = body === undefined ? "GET" : "POST";
  const to = { host: "127.0.0.1", port: plane.listener.port, agent, method, path, headers: { Host: HOST } };
  const [reply] = (await once(request(to).end(body), "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of reply) text += chunk;
  return `${reply.statusCode} ${text}`;
}

/** Sends all requests and calls `act` in between. Returns how often each result came. */
async function load(act: () => Promise<void>): Promise<Map<string, number>> {
  const results = new Map<string, number>();
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < REQUESTS) {
      sent += 1;
      if (sent === KILL_AFTER) void act();
      const result = await ask().catch((error: Error) => error.message);
      results.set(result, (results.get(result) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return results;
}

describe.each(["Proxy", "Serve"] as const)("with ServerlessService mode %s", (mode) => {
  it("no request fails when one pod of two is killed under load (11 A11)", async () => {
    const apps = [await startApp("http"), await startApp("http")];
    await route(apps, mode);
    expect(await load(() => apps[0]?.kill() as Promise<void>)).toEqual(new Map([["200 ", REQUESTS]]));
  });

  it("no request fails when one h2c pod of two is killed under load (11 A11)", async () => {
    const apps = [await startApp("http2"), await startApp("http2")];
    await route(apps, mode, true);
    expect(await load(() => apps[0]?.kill() as Promise<void>)).toEqual(new Map([["200 ", REQUESTS]]));
  });

  it.each(["http", "http2"] as const)(
    "bodies for a killed %s pod go whole to the other one (11 A11)",
    async (protocol) => {
      const apps = [await startApp(protocol), await startApp(protocol)];
      await route(apps, mode, protocol === "http2");
      await apps[0]?.kill();
      const bodies = Array.from({ length: 40 }, (_, index) => `${index}`.repeat(10_000));
      expect(await Promise.all(bodies.map((body) => ask(body)))).toEqual(bodies.map((body) => `200 ${body}`));
    },
  );

  it("upgrades for a killed pod go to the other one (11 A11)", async () => {
    const apps = [await startApp("http"), await startApp("http")];
    await route(apps, mode);
    await apps[0]?.kill();
    for (let count = 0; count < 10; count += 1) expect(await echoed("hi")).toMatch(/^HTTP\/1\.1 101 [\s\S]*hi$/);
  });

  it("a request waits for the only pod of a revision to start again (11 A11)", async () => {
    const app = await startApp("http");
    await route([app], mode);
    await app.kill();
    const waiting = ask("body");
    await expect.poll(() => plane.activator.loadOf("default/hello-00001").waiting).toBe(1);
    await startApp("http", app.port);
    expect(await waiting).toBe("200 body");
  });

  it("a request that crashes its application reaches at most one other pod, and none with a body (11 A11)", async () => {
    const apps = [await startApp("http"), await startApp("http"), await startApp("http"), await startApp("http")];
    await route(apps, mode);
    const crashed = (): number => children.filter(({ exitCode }) => exitCode !== null).length;
    expect(await ask("body", "/crash")).toMatch(/^502 /);
    await expect.poll(crashed).toBe(1);
    expect(await ask(undefined, "/crash")).toMatch(/^502 /);
    expect(crashed()).toBeLessThanOrEqual(3);
    expect(await ask("body")).toBe("200 body");
  });

  it("a request that crashes the only pod gets a 502 at once (11 A11)", async () => {
    await route([await startApp("http")], mode);
    expect(await ask()).toBe("200 ");
    expect(await ask(undefined, "/crash")).toMatch(/^502 /);
  });

  it("an application that passes its probes but refuses requests is a 502, as in Knative (11 A11)", async () => {
    const app = await startApp("http");
    await route([app], mode, false, false);
    await app.kill();
    expect(await ask()).toMatch(/^502 dial tcp 127\.0\.0\.1:\d+: connect: connection refused\n$/);
  });
});

async function echoed(text: string): Promise<string> {
  const socket: Socket = connect(plane.listener.port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  await expect.poll(() => received).toContain("\r\n\r\n");
  socket.write(text);
  await expect.poll(() => received.endsWith(text) || !received.startsWith("HTTP/1.1 101")).toBe(true);
  socket.destroy();
  return received;
}
