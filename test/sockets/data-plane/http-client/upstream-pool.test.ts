// Tests that a closed pool makes no connections.
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { UpstreamPool } from "../../../../src/data-plane/http-client/upstream-pool.ts";

test("a closed pool does not dial, and reports that the container is down (11 A1)", async () => {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    socket.on("error", () => {}).resume();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const pool = new UpstreamPool({ host: "127.0.0.1", port, protocol: "http1" }, { maxIdle: 1 });
  const isDown = (): Promise<boolean> => new Promise((resolve) => pool.checkDown(resolve));
  expect(await isDown()).toBe(false);
  pool.close();
  expect(await isDown()).toBe(true);
  const code = new Promise((resolve) => pool.take({ onConnection: () => resolve("open"), onDialFailed: resolve }));
  expect(await code).toBe("ECLOSED");
  expect(accepted).toBe(1);
  server.close();
});
