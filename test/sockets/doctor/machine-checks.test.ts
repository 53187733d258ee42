import { createServer } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkAddress, checkPort } from "../../../src/doctor/machine-checks.ts";

const server = createServer();
let port = 0;
beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test("a port in use is a warning with its address and a remedy", async () => {
  expect(await checkPort(["127.0.0.1"], port)).toMatchObject([
    { level: "warning", what: `port ${port} on 127.0.0.1 is in use`, fix: expect.stringContaining("--port") },
  ]);
});

test("a port that a session of this user listens on is reported as that session's", async () => {
  const sessions = [{ id: "abc", port, folder: "/home/ada/shop" }];
  expect(await checkPort(["127.0.0.1"], port, sessions)).toEqual([
    {
      check: "port",
      level: "ok",
      what: `port ${port} on 127.0.0.1 is the ingress of session abc (/home/ada/shop)`,
    },
  ]);
});

test("the same port on another address is free, and addresses that the machine does not have are skipped", async () => {
  expect(await checkPort(["127.0.0.2", "203.0.113.1"], port)).toEqual([
    { check: "port", level: "ok", what: `port ${port} is free on 127.0.0.2` },
  ]);
});

test.each([
  ["0.0.0.0", 1],
  ["::", 1],
  ["192.168.1.5", 1],
  ["127.0.0.1", 0],
  ["127.1.2.3", 0],
  ["::1", 0],
  ["localhost", 0],
])("an ingress on %s gives %i warnings that other machines can call every Service (11 A10)", (address, count) => {
  const findings = checkAddress(address);
  expect(findings).toHaveLength(count);
  for (const { what } of findings) expect(what).toMatch(/other machines on the network can call every Service$/);
});
