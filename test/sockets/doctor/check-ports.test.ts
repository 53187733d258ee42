import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkPort } from "../../../src/doctor/machine-checks.ts";

const server = createServer();
let port = 0;
beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test("a taken port is a warning that says where and what to do", async () => {
  expect(await checkPort(["127.0.0.1"], port)).toMatchObject([
    { level: "warning", what: `port ${port} on 127.0.0.1 is taken`, fix: expect.stringContaining("--port") },
  ]);
});

test("a port that a session of this user holds is told as that session's", async () => {
  const sessions = [{ id: "abc", port, folder: "/home/ada/shop" }];
  expect(await checkPort(["127.0.0.1"], port, sessions)).toEqual([
    {
      check: "port",
      level: "ok",
      what: `port ${port} on 127.0.0.1 is the front door of session abc (/home/ada/shop)`,
    },
  ]);
});

test("another address of the same port is free, and one that the machine lacks is not looked at", async () => {
  expect(await checkPort(["127.0.0.2", "203.0.113.1"], port)).toEqual([
    { check: "port", level: "ok", what: `port ${port} is free on 127.0.0.2` },
  ]);
});
