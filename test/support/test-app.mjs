// Runs the app of the test image, also as a plain process: a small server whose behaviour tests choose by path and
// environment. It has no dependencies.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const env = process.env;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let healthy = env.HEALTHY !== "false";
let ready = env.READY !== "false";
let inFlight = 0;
let mostInFlight = 0;
let served = 0;

const json = (response, value) => {
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify(value)}\n`);
};
const readBody = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};
const stat = (path) => {
  const { mode, uid, gid, size } = statSync(path);
  return { mode: (mode & 0o7777).toString(8), uid, gid, size };
};

const routes = {
  "/": (_, response) => response.end(`hello from ${env.K_REVISION ?? "nowhere"}\n`),
  "/env": (_, response) => json(response, env),
  "/whoami": (_, response) =>
    json(response, {
      uid: process.getuid?.(),
      gid: process.getgid?.(),
      groups: process.getgroups?.(),
      cwd: process.cwd(),
      argv: process.argv.slice(2),
      pid: process.pid,
      hostname: env.HOSTNAME,
      served,
      mostInFlight,
    }),
  "/echo": async (request, response) => {
    const body = await readBody(request);
    json(response, {
      method: request.method,
      url: request.url,
      headers: request.rawHeaders,
      body: body.toString("utf8"),
      httpVersion: request.httpVersion,
    });
  },
  "/sleep": async (_, response, query) => {
    await wait(Number(query.get("ms") ?? 100));
    response.end("slept\n");
  },
  "/stream": async (_, response, query) => {
    for (let i = 0; i < Number(query.get("n") ?? 3); i++) {
      response.write(`${i}\n`);
      await wait(Number(query.get("ms") ?? 20));
    }
    response.end();
  },
  "/status": (_, response, query) => {
    response.statusCode = Number(query.get("code") ?? 200);
    response.end();
  },
  "/exit": (_, response, query) => {
    response.end("bye\n", () => process.exit(Number(query.get("code") ?? 1)));
  },
  "/health": (_, response) => {
    response.statusCode = healthy ? 200 : 500;
    response.end(healthy ? "ok\n" : "ill\n");
  },
  "/ready": (_, response) => {
    response.statusCode = ready ? 200 : 503;
    response.end();
  },
  "/set": (_, response, query) => {
    if (query.has("healthy")) healthy = query.get("healthy") === "true";
    if (query.has("for")) setTimeout(() => (healthy = true), Number(query.get("for")));
    if (query.has("ready")) ready = query.get("ready") === "true";
    json(response, { healthy, ready });
  },
  // The process keeps running but listens no more.
  "/deafen": (_, response) => {
    setInterval(() => {}, 1_000);
    response.end("bye\n", () => server.close());
  },
  "/log": (_, response, query) => {
    const text = query.get("text") ?? "x".repeat(Number(query.get("length") ?? 10));
    (query.get("to") === "stderr" ? process.stderr : process.stdout).write(`${text}\n`);
    response.end("logged\n");
  },
  "/file": (_, response, query) => response.end(readFileSync(query.get("path") ?? "")),
  "/stat": (_, response, query) => json(response, stat(query.get("path") ?? "/")),
  "/ls": (_, response, query) => json(response, readdirSync(query.get("path") ?? "/")),
  "/write": (_, response, query) => {
    writeFileSync(query.get("path") ?? "", query.get("text") ?? "");
    response.end("written\n");
  },
  // The app is busy for 20 ms of every 80 ms, a quarter of a core, so that the machine stays usable.
  "/burn": async (_, response, query) => {
    for (const end = Date.now() + Number(query.get("ms") ?? 1000); Date.now() < end; await wait(60)) {
      for (const pause = performance.now() + 20; performance.now() < pause; );
    }
    response.end("burnt\n");
  },
  "/allocate": (_, response, query) => {
    globalThis.kept = Buffer.alloc(Number(query.get("mb") ?? 1) * 1024 * 1024, 1);
    response.end("allocated\n");
  },
  "/fetch": async (_, response, query) => {
    const answer = await fetch(query.get("url") ?? "");
    json(response, { status: answer.status, body: await answer.text() });
  },
};

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://app");
  inFlight++;
  served++;
  mostInFlight = Math.max(mostInFlight, inFlight);
  response.once("close", () => inFlight--);
  try {
    const route = routes[url.pathname];
    if (route) await route(request, response, url.searchParams);
    else {
      response.statusCode = 404;
      response.end("no such path\n");
    }
  } catch (error) {
    response.statusCode = 500;
    response.end(`${error}\n`);
  }
});

// The app echoes the bytes of any upgraded connection; it unmasks the frames of a WebSocket.
server.on("upgrade", (request, socket, head) => {
  const key = request.headers["sec-websocket-key"];
  const accept = key && createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  const protocol = request.headers.upgrade;
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${protocol}\r\nConnection: Upgrade\r\n${
      accept ? `Sec-WebSocket-Accept: ${accept}\r\n` : ""
    }\r\n`,
  );
  socket.on("error", () => {});
  const answer = (bytes) => socket.write(accept ? unmask(bytes) : bytes);
  if (head.length > 0) answer(head);
  socket.on("data", answer);
});

function unmask(frame) {
  const length = frame[1] & 0x7f;
  if (length > 125 || (frame[1] & 0x80) === 0) return frame;
  const mask = frame.subarray(2, 6);
  const payload = Buffer.from(frame.subarray(6, 6 + length).map((byte, i) => byte ^ mask[i % 4]));
  return Buffer.concat([Buffer.from([frame[0], length]), payload]);
}

process.on("SIGTERM", () => {
  console.log("SIGTERM");
  if (env.IGNORE_TERM === "true") return;
  server.close(() => process.exit(Number(env.TERM_EXIT_CODE ?? 0)));
  server.closeIdleConnections();
});

if (env.SAY) console.log(env.SAY);
if (env.EXIT_AT_START !== undefined) {
  console.error(env.EXIT_MESSAGE ?? "giving up");
  process.exit(Number(env.EXIT_AT_START));
}
if (env.EXIT_AFTER_MS) setTimeout(() => process.exit(Number(env.EXIT_CODE ?? 1)), Number(env.EXIT_AFTER_MS));
await wait(Number(env.START_DELAY_MS ?? 0));
if (env.NEVER_LISTEN === "true") {
  setInterval(() => {}, 1_000);
} else {
  server.listen(Number(env.LISTEN_PORT ?? env.PORT ?? 8080), env.LISTEN_HOST ?? "0.0.0.0", () =>
    console.log(`listening on ${JSON.stringify(server.address())}`),
  );
}
