// Sends floods of HTTP/2 frames and connections: they are bounded, their descriptors are closed, and other clients are
// served meanwhile.

import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openListener } from "../../../../src/data-plane/http-server/open-listener.ts";
import { DataPlane, HOST, makeIngress } from "../../../support/data-plane.ts";

const STREAMS = 20_000;
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const [DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PING, GOAWAY, CONTINUATION] = [0, 1, 2, 3, 4, 6, 7, 9] as const;
const ENHANCE_YOUR_CALM = 11;
const END_STREAM = 1;
const END_HEADERS = 4;
/** GET http://h/ in HPACK; 0x83 instead of 0x82 is POST. */
const GET = Buffer.from([0x82, 0x84, 0x86, 0x41, 0x01, 0x68]);
const POST = Buffer.from([0x83, 0x84, 0x86, 0x41, 0x01, 0x68]);

const descriptors = (): number => readdirSync("/proc/self/fd").length;

let plane: DataPlane;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  plane = await DataPlane.start(makeIngress({ "hello-00001": 100 }));
  const port = await plane.app((_, reply) => void setTimeout(() => reply.end("ok"), 20));
  plane.update({ mode: "Serve", backends: [plane.pod({ name: "a", port }).backend()] });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await plane[Symbol.asyncDispose]();
});

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function open(): Socket {
  const socket = connect(plane.listener.port, "127.0.0.1");
  sockets.push(socket);
  return socket.on("error", () => {}).resume();
}

/** Sends the frames on a connection of their own, until all are sent or the listener closes the connection. */
async function flood(frames: (index: number) => Buffer): Promise<void> {
  const socket = open();
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]));
  for (let index = 0; index < STREAMS && !socket.destroyed; index += 100) {
    const chunk = Buffer.concat(Array.from({ length: 100 }, (_, at) => frames(index + at)));
    if (!socket.write(chunk)) await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {});
  }
}

/** Asks as another client until `attack` has ended; returns the statuses. */
async function neighbour(attack: Promise<unknown>): Promise<ReadonlySet<number>> {
  const statuses = new Set<number>();
  let isOver = false;
  void attack.finally(() => {
    isOver = true;
  });
  do statuses.add((await plane.send("/")).status);
  while (!isOver);
  return statuses;
}

const rapidReset = (index: number): Buffer =>
  Buffer.concat([
    frame(HEADERS, END_STREAM | END_HEADERS, 2 * index + 1, GET),
    frame(RST_STREAM, 0, 2 * index + 1, Buffer.from([0, 0, 0, 8])),
  ]);
const openStream = (index: number, next: Buffer): Buffer =>
  index === 0 ? Buffer.concat([frame(HEADERS, END_HEADERS, 1, POST), next]) : next;

describe("HTTP/2", () => {
  test.each<readonly [string, (index: number) => Buffer]>([
    ["resets", rapidReset],
    [
      "continuations",
      (index) =>
        index === 0 ? frame(HEADERS, 0, 1, GET) : frame(CONTINUATION, 0, 1, Buffer.from([0x40, 1, 97, 1, 98])),
    ],
    ["settings", () => frame(SETTINGS, 0, 0)],
    ["pings", () => frame(PING, 0, 0, Buffer.alloc(8))],
    ["empty data frames", (index) => openStream(index, frame(DATA, 0, 1))],
    ["priorities", () => frame(PRIORITY, 0, 3, Buffer.from([0, 0, 0, 0, 1]))],
  ])("a flood of %s leaves nothing behind and stops no other client (11 A9)", async (_what, frames) => {
    await plane.send("/");
    const before = descriptors();
    const memory = process.memoryUsage().rss;
    expect(await neighbour(flood(frames))).toEqual(new Set([200]));
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => plane.gateway.inFlight).toBe(0);
    // Idle connections to the application stay for reuse, at most one for each stream that was ever open at once.
    await expect.poll(descriptors, { timeout: 5000 }).toBeLessThanOrEqual(before + 20);
    expect(process.memoryUsage().rss - memory).toBeLessThan(150e6);
  });

  test("a client that resets too many streams gets ENHANCE_YOUR_CALM; one that cancels all its open streams does not (11 A9)", async () => {
    const [calm, wild] = [exchangeFrames(200), exchangeFrames(900)];
    await expect.poll(calm).toContainEqual({ type: HEADERS, code: undefined });
    await expect.poll(wild).toContainEqual({ type: GOAWAY, code: ENHANCE_YOUR_CALM });
    expect(calm().map(({ type }) => type)).not.toContain(GOAWAY);
  });
});

/** Resets this many streams, then sends a request. Returns a function that lists the frames received so far. */
function exchangeFrames(resets: number): () => readonly { readonly type: number; readonly code: number | undefined }[] {
  const socket = open();
  let received = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
  });
  socket.write(
    Buffer.concat([PREFACE, frame(SETTINGS, 0, 0), ...Array.from({ length: resets }, (_, at) => rapidReset(at))]),
  );
  socket.write(frame(HEADERS, END_STREAM | END_HEADERS, 2 * resets + 1, GET));
  return () => {
    const frames: { type: number; code: number | undefined }[] = [];
    for (let at = 0; at + 9 <= received.length; at += 9 + received.readUIntBE(at, 3)) {
      const type = received[at + 3] as number;
      frames.push({ type, code: type === GOAWAY ? received.readUInt32BE(at + 13) : undefined });
    }
    return frames;
  };
}

test("a malformed request that is reset in the same packet does not end the process (11 A1)", async () => {
  const bad = Buffer.from([0x82, 0x86, 0x04, 0x04, 0x2f, 0x25, 0x7a, 0x7a, 0x41, 0x01, 0x68]);
  const socket = open();
  socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0)]));
  for (const code of [1, 2, 8, 99]) {
    const id = 2 * code + 1;
    const reset = frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, code]));
    socket.write(Buffer.concat([frame(HEADERS, END_STREAM | END_HEADERS, id, bad), reset]));
  }
  for (let count = 0; count < 3; count += 1) expect((await plane.send("/")).status).toBe(200);
});

describe("connections", () => {
  test("idle connections beyond the limit make room for new ones (11 A9)", async () => {
    const limits = { connections: 50 };
    const options = { host: "127.0.0.1", port: 0, listener: "public", handler: plane.gateway.handle } as const;
    await using narrow = await opened(openListener({ ...options, limits }));
    const request = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
    const connections = Array.from({ length: 50 }, () => connect(narrow.port, "127.0.0.1").on("error", () => {}));
    sockets.push(...connections);
    for (const socket of connections) socket.write(request);
    await Promise.all(connections.map((socket) => once(socket, "data")));
    const statuses: string[] = [];
    await expect
      .poll(async () => {
        const socket = connect(narrow.port, "127.0.0.1").on("error", () => {});
        sockets.push(socket);
        socket.write(request);
        const [data] = (await Promise.race([once(socket, "data"), once(socket, "close")])) as [unknown];
        statuses.push(String(data).slice(9, 12));
        return statuses.at(-1);
      })
      .toBe("200");
  });

  test("a connection that sends its first bytes slowly is closed at the limit of headers (11 A9)", async () => {
    const limits = { headersTimeoutMs: 300 };
    const options = { host: "127.0.0.1", port: 0, listener: "public", handler: plane.gateway.handle } as const;
    await using narrow = await opened(openListener({ ...options, limits }));
    const socket = connect(narrow.port, "127.0.0.1").on("error", () => {});
    sockets.push(socket);
    const closed = new Promise((resolve) => socket.resume().once("close", resolve));
    let sent = 0;
    const timer = setInterval(() => socket.writable && socket.write(PREFACE.subarray(sent, ++sent)), 100);
    await closed;
    clearInterval(timer);
    expect(sent).toBeLessThan(10);
  });
});

async function opened(opening: ReturnType<typeof openListener>) {
  const listener = await opening;
  return { port: listener.port, [Symbol.asyncDispose]: () => listener.close(0) };
}
