// Measures memory of the request path: a gigabyte in each direction, thousands of idle connections, a thousand open
// WebSockets. Linux only (/proc).
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free-port.ts";
import type { Bench, Figure } from "./bench.ts";
import { ended, untilListening } from "./proxy/nginx.ts";

const SERVED = fileURLToPath(new URL("./proxy/served.ts", import.meta.url));
const HOST = "hello.default.example.com";
const GIGABYTE = 1024 ** 3;
const CHUNK = Buffer.alloc(64 * 1024, "x");
const IDLE = 10_000;
const WEBSOCKETS = 1_000;

function* chunks(total: number): Generator<Buffer> {
  for (let sent = 0; sent < total; sent += CHUNK.length) yield CHUNK;
}

const swallow = (): Writable => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Serves a gigabyte, reads a gigabyte, or switches protocols. */
async function startApp(): Promise<Server> {
  const server = createServer((incoming, response) => {
    if (incoming.url === "/down") void pipeline(Readable.from(chunks(GIGABYTE)), response).catch(() => {});
    else
      void pipeline(incoming, swallow()).then(
        () => response.end("ok"),
        () => {},
      );
  });
  server.on("upgrade", (_request, socket) => {
    socket.on("error", () => {});
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Resident memory of a process, and its peak since the last call. */
function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

async function growthDuring(pid: number, act: () => Promise<void>): Promise<number> {
  const before = residentMb(pid);
  let peak = before;
  const timer = setInterval(() => {
    peak = Math.max(peak, residentMb(pid));
  }, 20);
  await act();
  clearInterval(timer);
  return Math.max(peak, residentMb(pid)) - before;
}

function transfer(port: number, up: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = up ? "/up" : "/down";
    const outgoing = request({
      host: "127.0.0.1",
      port,
      path,
      method: up ? "POST" : "GET",
      headers: { host: HOST },
      agent: false,
    });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => void pipeline(response, swallow()).then(resolve, reject));
    if (up) void pipeline(Readable.from(chunks(GIGABYTE)), outgoing).catch(reject);
    else outgoing.end();
  });
}

/** Opens connections in groups of a hundred; each sends `text` and waits for a response. */
async function openMany(port: number, count: number, text: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(100, count - sockets.length) }, () => {
      return new Promise<Socket>((resolve, reject) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(text));
        socket.on("error", reject);
        socket.once("data", () => resolve(socket));
      });
    });
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}

async function kilobytesEach(pid: number, port: number, count: number, text: string): Promise<number> {
  const before = residentMb(pid);
  const sockets = await openMany(port, count, text);
  const each = ((residentMb(pid) - before) * 1024) / count;
  for (const socket of sockets) socket.destroy();
  return each;
}

async function measure(pid: number, port: number): Promise<Figure[]> {
  const get = `GET /x HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  const upgrade = `GET /w HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n`;
  await openMany(port, 200, get).then((sockets) => sockets.forEach((socket) => void socket.destroy()));
  const down = await growthDuring(pid, () => transfer(port, false));
  const up = await growthDuring(pid, () => transfer(port, true));
  const idle = await kilobytesEach(pid, port, IDLE, get);
  const websocket = await kilobytesEach(pid, port, WEBSOCKETS, upgrade);
  const goal = "< 64 MB";
  return [
    { name: "growth while 1 GB goes down", value: down, unit: "MB", goal, reached: down < 64 },
    { name: "growth while 1 GB goes up", value: up, unit: "MB", goal, reached: up < 64 },
    { name: `each of ${IDLE} idle connections`, value: idle, unit: "KB" },
    { name: `each of ${WEBSOCKETS} open WebSockets (both sides)`, value: websocket, unit: "KB" },
  ];
}

export const proxyMemoryBench: Bench = {
  name: "proxy memory: the whole path",
  run: async () => {
    if (!existsSync("/proc/self/status")) return { figures: [], skipped: "needs /proc" };
    const app = await startApp();
    const port = await freePort();
    const args = [
      "--import",
      "tsx",
      SERVED,
      "whole path",
      String((app.address() as AddressInfo).port),
      String(port),
      "0",
    ];
    const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    try {
      await untilListening(port);
      return { figures: await measure(child.pid as number, port) };
    } finally {
      await ended(child, "SIGKILL");
      app.closeAllConnections();
      app.close();
    }
  },
};
