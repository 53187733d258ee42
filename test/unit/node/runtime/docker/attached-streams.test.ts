import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { sleep } from "../../../../../src/base/sleep.ts";
import { execAttached } from "../../../../../src/node/runtime/docker/attached-streams.ts";

it("asks the engine ever more seldom whether a command that has closed its output has exited", async () => {
  let asked = 0;
  const inspect = async () => {
    asked++;
    return { Running: true };
  };
  const container = { exec: async () => ({ start: async () => Readable.from([]), inspect }) };
  const client = new AbortController();
  const running = execAttached(container as never, ["sleep"], { signal: client.signal });
  await sleep(500);
  client.abort();
  await running;
  expect(asked).toBeGreaterThan(2);
  expect(asked).toBeLessThan(10);
});
