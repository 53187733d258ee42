import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Service } from "../../../src/apis/serving/types.ts";
import { awaitReady } from "../../../src/cli/ci/await-ready.ts";
import type { Client } from "../../../src/client/client.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const service: Service = {
  apiVersion: "serving.knative.dev/v1",
  kind: "Service",
  metadata: { name: "hello", namespace: "default", generation: 1 },
  spec: { template: { spec: { containers: [{ image: "dev.local/hello" }] } } },
  status: { observedGeneration: 1, conditions: [{ type: "Ready", status: "Unknown" }] },
};
const clientWith = (reason: () => string): Client =>
  ({
    get: async ({ kind }: { kind: string }) => (kind.startsWith("Service.") ? service : undefined),
    list: async () => ({
      items: [
        {
          metadata: {},
          status: { containerStatuses: [{ state: { waiting: { reason: reason(), message: "no such host" } } }] },
        },
      ],
    }),
  }) as unknown as Client;
const never = new AbortController().signal;

test("a pod whose image cannot be pulled for ten seconds fails the wait with a remedy", async () => {
  const client = clientWith(() => (Date.now() % 2 === 0 ? "ErrImagePull" : "ImagePullBackOff"));
  const waiting = awaitReady(client, [service], { timeoutMs: 300_000, signal: never });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(await waiting).toMatchObject([
    {
      problem: {
        exitCode: 1,
        what: "Service hello failed",
        why: expect.stringContaining("no such host"),
        fix: expect.stringContaining("image's name"),
      },
    },
  ]);
});

test("a pod whose image arrives later does not fail the wait", async () => {
  let reason = "ErrImagePull";
  const client = clientWith(() => reason);
  const end = new AbortController();
  const waiting = awaitReady(client, [service], { timeoutMs: 300_000, signal: end.signal });
  await vi.advanceTimersByTimeAsync(9000);
  reason = "ContainerCreating";
  await vi.advanceTimersByTimeAsync(5000);
  reason = "ErrImagePull";
  await vi.advanceTimersByTimeAsync(9000);
  reason = "ContainerCreating";
  end.abort();
  await vi.advanceTimersByTimeAsync(100);
  expect(await waiting).toMatchObject([{ problem: { what: "Service hello was interrupted before it was Ready" } }]);
});
