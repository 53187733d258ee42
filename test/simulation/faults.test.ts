// The same seed gives the same run: faults of each kind on virtual time, with simulated pods.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Pod } from "../../src/apis/core/types.ts";
import { type FaultEvent, type FaultKind, faultKinds, kindRow } from "../../src/apis/faults/fault.ts";
import { readFault } from "../../src/apis/faults/read-fault.ts";
import { isReady } from "../../src/apis/meta/conditions.ts";
import { knativeService } from "../support/paper-cluster.ts";
import { PaperEmulator } from "../support/paper-emulator.ts";

const KINDS = Object.keys(faultKinds) as FaultKind[];
const REQUESTS = 30;

let emulator: PaperEmulator;
beforeEach(() => start());
afterEach(() => emulator[Symbol.dispose]());

async function start(): Promise<void> {
  emulator = new PaperEmulator({ serviceMs: 20 });
  for (const name of ["hello", "other"]) emulator.apply(knativeService(name, "example.com/app:v1"));
  const services = () => emulator.store.list("Service.serving.knative.dev");
  await emulator.advanceUntil(() => services().every(isReady), 30_000);
}

function inject(fields: object) {
  const spec = readFault({ service: "hello", ...fields });
  if (!spec.ok) throw new Error(spec.error);
  const fault = emulator.faults.inject(spec.value);
  if (!fault.ok) throw new Error(fault.error.message);
  return fault.value;
}

const settingsOf = (kind: FaultKind) =>
  kind === "clock-jump"
    ? { service: undefined, by: "10m" }
    : { percent: 30, count: 5, ...(kind === "dns-failure" && { host: "db.example.com" }) };

/** Returns what happens in a run: the outcome of each event of the Service's pod, and all Events. */
async function play(kind: FaultKind, seed: number, { noise = 0 } = {}): Promise<readonly unknown[]> {
  inject({ kind, ...settingsOf(kind), ...(kind !== "clock-jump" && { seed }) });
  const { on } = kindRow(kind);
  const outcomes: unknown[] = [];
  for (let n = 0; n < REQUESTS; n += 1) {
    for (let other = 0; other < noise; other += 1) emulator.request("default/other-00001");
    outcomes.push(on === "request" || on === undefined ? await ask() : actsOnPod(on));
    await emulator.advance(500);
  }
  const events = emulator.store.list("Event").map(({ reason, message, firstTimestamp, lastTimestamp, count }) => ({
    reason,
    message,
    firstTimestamp,
    lastTimestamp,
    count,
  }));
  return [outcomes, events];
}

async function ask(): Promise<unknown> {
  const answered = emulator.request("default/hello-00001");
  await emulator.advance(2000);
  const { status, answer, aborted } = answered.exchange;
  return { status, answer, aborted, tookMs: answered.tookMs };
}

function actsOnPod(event: FaultEvent): boolean {
  const [pod] = emulator.store.list("Pod", { labels: { matchLabels: { "serving.knative.dev/service": "hello" } } });
  return emulator.faults.next(event, pod as Pod).length > 0;
}

async function playAnew(...run: Parameters<typeof play>): Promise<readonly unknown[]> {
  emulator[Symbol.dispose]();
  await start();
  return play(...run);
}

test.each(KINDS)("%s: the same seed gives the same outcomes and Events twice", async (kind) => {
  const first = await play(kind, 7);
  expect(JSON.stringify(first)).toContain("FaultInjected");
  expect(await playAnew(kind, 7)).toEqual(first);
});

test("another seed acts on other requests; requests of other Services change nothing", async () => {
  const [outcomes] = await play("errors", 7);
  expect((await playAnew("errors", 8))[0]).not.toEqual(outcomes);
  expect((await playAnew("errors", 7, { noise: 2 }))[0]).toEqual(outcomes);
});

test("a fault ends when its time is over on virtual time", async () => {
  inject({ kind: "errors", duration: "90s" });
  await emulator.advance(89_000);
  expect(emulator.faults.all).toHaveLength(1);
  await emulator.advance(1000);
  expect(emulator.faults.all).toEqual([]);
  const messages = emulator.store.list("Event").map(({ message }) => message);
  expect(messages).toContain("fault f1 errors (status 500, for 90s), hit 0 of 0 requests has ended: its time is over");
});
