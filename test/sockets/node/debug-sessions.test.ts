// Tests debug sessions with real sockets, on a store without pods' containers: a listener of the test is the debugger.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Stored } from "../../../src/apis/meta/object.ts";
import { debugOf } from "../../../src/apis/serving/debug.ts";
import type { Revision } from "../../../src/apis/serving/types.ts";
import { DebugSessions } from "../../../src/node/agent/debug-sessions.ts";
import { type ContainerRuntime, RuntimeError } from "../../../src/node/runtime/runtime.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { makeStore } from "../../support/store.ts";

const KEY = { kind: "Revision.serving.knative.dev", namespace: "default", name: "hello-00001" } as const;
const NAME = "default/hello-00001";
const MINUTE = 60_000;
const UPGRADE = "GET /id HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n\r\n";

let app: Server;
/** What the app's debugger got, and the connections on which it got it. */
let received = "";
let clock: ManualClock;
let events: string[];
let sessions: DebugSessions;
let target: AddressInfo | undefined;
let store: ReturnType<typeof makeStore>;
let containerErrors: Error | undefined;
const sockets: Socket[] = [];
const capabilities = { images: true };
const commands = new Map();

const revision = () => store.get(KEY.kind, KEY.namespace, KEY.name) as Stored<Revision>;
const settings = () => debugOf(revision().metadata);
const start = async (more: { port?: number; kind?: "node" | "other" | "python"; waits?: boolean } = {}) => {
  const outcome = await sessions.start({ revision: revision(), waits: false, ...more });
  if (!outcome.ok) throw new Error(outcome.error.message);
  addPod();
  return outcome.value;
};
const open = async (port: number): Promise<Socket> => {
  const socket = connect({ host: "127.0.0.1", port });
  sockets.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
};
const attached = async () => (await sessions.find(NAME))?.attached;

/** The pod that the planners would make. */
function addPod(): void {
  const { annotations = {} } = revision().metadata;
  const labels = { "serving.knative.dev/revision": KEY.name };
  const metadata = { name: "pod", namespace: "default", labels, annotations };
  store.create({ apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [{ name: "app" }] } });
}

beforeEach(async () => {
  received = "";
  events = [];
  capabilities.images = true;
  commands.clear();
  containerErrors = undefined;
  app = createServer((socket) => {
    sockets.push(socket);
    socket
      .on("error", () => {})
      .on("data", (bytes) => {
        received += bytes;
        socket.write(`got ${bytes}`);
      });
  }).listen(0, "127.0.0.1");
  await once(app, "listening");
  target = app.address() as AddressInfo;
  clock = new ManualClock();
  store = makeStore();
  store.create({
    apiVersion: "serving.knative.dev/v1",
    kind: "Revision",
    metadata: { name: KEY.name, namespace: "default", labels: { "serving.knative.dev/service": "hello" } },
    spec: { containers: [{ name: "app", image: "hello" }] },
  });
  const image = { id: "sha256:1", entrypoint: [], cmd: ["node", "main.js"], workingDir: "/app", env: [] };
  const runtime = {
    capabilities,
    listeners: async () => [{ port: settings()?.containerPort, loopback: false }],
  } as unknown as ContainerRuntime;
  sessions = new DebugSessions({
    store,
    runtime,
    library: {
      find: async () => {
        if (containerErrors) throw containerErrors;
        return image as never;
      },
    },
    labels: {},
    prefix: "test",
    commands,
    clock,
    addressOf: () => target && { host: "127.0.0.1", port: target.port },
    containerOf: () => "container",
    record: (_, { reason, message }) => events.push(`${reason}: ${message}`),
    sourceFolders: new Map([["default/hello", "/src/hello"]]),
  });
});
afterEach(async () => {
  sessions.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  if (app.listening) await new Promise((resolve) => app.close(resolve));
});

describe("a debug session", () => {
  test("relays bytes of a debugger and counts it; a request for the list of targets is no debugger", async () => {
    const { port, localRoot, remoteRoot } = await start();
    expect([localRoot, remoteRoot]).toEqual(["/src/hello", "/app"]);
    const poll = await open(port);
    poll.write("GET /json/list HTTP/1.1\r\n\r\n");
    expect(String(await once(poll, "data"))).toContain("got GET /json/list");
    expect(await attached()).toBe(0);
    const socket = await open(port);
    socket.write(UPGRADE);
    expect(String(await once(socket, "data"))).toBe(`got ${UPGRADE}`);
    expect(await attached()).toBe(1);
    socket.destroy();
    await eventually(async () => expect(await attached()).toBe(0));
  });

  test("ends when no debugger has been attached for 10 minutes, and says so", async () => {
    const { port } = await start();
    await clock.advance(9 * MINUTE);
    const socket = await open(port);
    socket.write(UPGRADE);
    await once(socket, "data");
    await clock.advance(30 * MINUTE);
    expect(settings()).toBeDefined();
    socket.destroy();
    await eventually(async () => expect(await attached()).toBe(0));
    await clock.advance(10 * MINUTE - 1);
    expect(settings()).toBeDefined();
    await clock.advance(1);
    expect(settings()).toBeUndefined();
    expect(await sessions.list()).toEqual([]);
    expect(events.at(-1)).toBe("DebuggingEnded: no debugger was attached for 10 minutes");
    await expect(open(port)).rejects.toThrow("ECONNREFUSED");
    expect(clock.pending).toBe(0);
  });

  test("ends when its annotation or its Revision is removed", async () => {
    const first = await start();
    store.patchMerge(KEY, { metadata: { annotations: { "knap.dev/debug": null } } });
    await expect(open(first.port)).rejects.toThrow("ECONNREFUSED");
    const second = await start();
    store.delete(KEY);
    await expect(open(second.port)).rejects.toThrow("ECONNREFUSED");
  });

  test("holds what a debugger sends until an instance answers, and moves on to the next instance", async () => {
    const { port } = await start();
    target = undefined;
    const socket = await open(port);
    socket.write(UPGRADE);
    await sleep(150);
    // This one accepts connections and closes them, as the engine's relay does for a container that is down.
    const down = createServer((each) => each.on("error", () => {}).destroy()).listen(0, "127.0.0.1");
    await once(down, "listening");
    target = down.address() as AddressInfo;
    await sleep(250);
    expect(received).toBe("");
    target = app.address() as AddressInfo;
    expect(String(await once(socket, "data"))).toBe(`got ${UPGRADE}`);
    expect(received).toBe(UPGRADE);
    down.close();
  });

  test("takes the next port if its usual one is taken, and says which one the user's other program has", async () => {
    const first = await start();
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    sessions.stop(NAME);
    await expect(start({ port })).rejects.toThrow(`port ${port} of 127.0.0.1 is taken by another program`);
    expect(settings()).toBeUndefined();
    other.close();
    const blocker = createServer().listen(first.port, "127.0.0.1");
    await once(blocker, "listening");
    expect((await start()).port).toBeGreaterThan(first.port);
    blocker.close();
  });

  test("holds restarts until the last debugger has left, and reports what fails then", async () => {
    const { port } = await start();
    let count = 0;
    const restarts = {
      restart: async () => {
        count += 1;
        return ["default/p: exits with code 1"];
      },
    };
    expect(sessions.holdRestarts("default/hello", restarts)).toBe(false);
    const socket = await open(port);
    socket.write(UPGRADE);
    await once(socket, "data");
    expect(sessions.holdRestarts("default/hello", restarts)).toBe(true);
    expect(sessions.holdRestarts("default/hello", restarts)).toBe(true);
    expect(sessions.holdRestarts("default/other", restarts)).toBe(false);
    expect(events.slice(1)).toEqual([
      "RestartHeld: saved files need a restart, which waits until the debugger detaches",
    ]);
    socket.destroy();
    await eventually(() => expect(events.at(-1)).toBe("RestartFailed: default/p: exits with code 1"));
    expect(count).toBe(1);
  });

  test("leaves the port of the app to a process that opens it itself", async () => {
    commands.set("default/hello", { command: ["./app"], folder: "/src/hello", env: {} });
    capabilities.images = false;
    const { port: free } = target as AddressInfo;
    app.close();
    const state = await start({ kind: "other", port: free });
    expect(state.port).not.toBe(free);
    expect(state.containerPort).toBe(free);
  });

  test("never connects to itself, for example if its port is free in the process that should have it", async () => {
    const self = await start({ kind: "node" });
    target = { address: "127.0.0.1", family: "IPv4", port: self.port };
    const socket = await open(self.port);
    socket.write(UPGRADE);
    await sleep(250);
    expect(await attached()).toBe(1);
  });

  test("does not start twice, and an annotation without a session can be removed", async () => {
    await start();
    await expect(start()).rejects.toThrow(`${NAME} is debugged already`);
    expect(sessions.stop(NAME)).toBe(true);
    expect(sessions.stop(NAME)).toBe(false);
    store.patchMerge(KEY, { metadata: { annotations: { "knap.dev/debug": "by kubectl" } } });
    expect(sessions.stop(NAME)).toBe(true);
    expect(revision().metadata.annotations?.["knap.dev/debug"]).toBeUndefined();
  });

  test("is refused with the engine's message if the engine does not answer", async () => {
    containerErrors = new RuntimeError("unreachable", "connect ECONNREFUSED /var/run/docker.sock");
    await expect(start()).rejects.toThrow(`${NAME} cannot be debugged: connect ECONNREFUSED /var/run/docker.sock`);
    expect(settings()).toBeUndefined();
  });
});
