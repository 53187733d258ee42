// Echoes WebSocket messages without a library. It supports text messages of one frame (RFC 6455).
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const { PORT = "8080" } = process.env;
const MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

/** One unmasked frame; servers never mask. */
function frame(opcode, payload) {
  const long = payload.length > 125;
  const head = Buffer.alloc(long ? 4 : 2);
  head[0] = 0x80 | opcode;
  head[1] = long ? 126 : payload.length;
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** The first whole frame of what has arrived, or nothing yet. */
function readFrame(data) {
  if (data.length < 2) return undefined;
  let size = data[1] & 0x7f;
  let at = 2;
  if (size === 126) {
    if (data.length < 4) return undefined;
    size = data.readUInt16BE(2);
    at = 4;
  }
  if (data.length < at + 4 + size) return undefined;
  const mask = data.subarray(at, at + 4);
  const payload = Buffer.from(data.subarray(at + 4, at + 4 + size)).map((byte, index) => byte ^ mask[index % 4]);
  return { opcode: data[0] & 0x0f, payload, rest: data.subarray(at + 4 + size) };
}

const server = createServer((_request, response) => response.end("speak WebSocket to me\n"));
const sockets = new Set();

server.on("upgrade", (request, socket, head) => {
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + MAGIC)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  sockets.add(socket);
  let data = Buffer.alloc(0);
  const take = (chunk) => {
    data = Buffer.concat([data, chunk]);
    for (let found = readFrame(data); found !== undefined; found = readFrame(data)) {
      data = found.rest;
      if (found.opcode === TEXT) socket.write(frame(TEXT, found.payload));
      else if (found.opcode === PING) socket.write(frame(PONG, found.payload));
      else if (found.opcode === CLOSE) socket.end(frame(CLOSE, found.payload));
    }
  };
  take(head);
  socket.on("data", take);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
});
server.listen(Number(PORT), () => console.log(`listening on ${PORT}`));

process.on("SIGTERM", () => {
  const goingAway = Buffer.from([0x03, 0xe9]);
  for (const socket of sockets) socket.end(frame(CLOSE, goingAway));
  server.close(() => process.exit(0));
});
