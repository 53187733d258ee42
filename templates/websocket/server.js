// A minimal WebSocket Service: sends every message back.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const { PORT = "8080" } = process.env;

const server = createServer((_request, response) => {
  response.writeHead(426, { upgrade: "websocket" }).end("Connect with a WebSocket.\n");
});
const webSockets = new WebSocketServer({ server });
webSockets.on("connection", (socket) => {
  socket.on("error", console.error);
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(Number(PORT), () => console.log(`listening on port ${PORT}`));

// Knative sends SIGTERM before it stops a container: close all connections, then exit.
process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  for (const socket of webSockets.clients) socket.close(1001, "the Service stops");
});
