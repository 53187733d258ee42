// `knap ci -- npm test` starts the Service and sets KNAP_URL.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket from "ws";

test("the Service sends a message back", async (t) => {
  const socket = new WebSocket(process.env.KNAP_URL.replace(/^http/, "ws"));
  t.after(() => socket.close());
  await once(socket, "open");
  socket.send("hello");
  const [data] = await once(socket, "message");
  assert.equal(String(data), "hello");
});
