import { expect, test } from "vitest";
import type { Client } from "../../../src/client/client.ts";
import type { AppStore } from "../../../src/tui/app-state.ts";
import { feed } from "../../../src/tui/feed.ts";

test("many watches and logs can listen to one abort signal without a warning of Node", async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on("warning", hear);
  const end = new AbortController();
  const client = {
    async *watch() {
      for (let each = 0; each < 20; each++) end.signal.addEventListener("abort", () => {});
    },
    knap: async () => end.abort(),
  } as unknown as Client;
  await feed({ client, store: { learn: () => {} } as unknown as AppStore, signal: end.signal });
  await new Promise((done) => setImmediate(done));
  process.off("warning", hear);
  expect(warnings).toEqual([]);
});
