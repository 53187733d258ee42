// Tests the autoscaler on real containers under changing load: every request gets a response, and `explain` gives the
// reason of each stage.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Load } from "../support/load.ts";
import { openSession, type TestSession } from "../support/session.ts";

const MAX_PODS = 4;
/** Requests take this long, so that a client in a loop counts as one request in flight. */
const WORK_MS = 150;

let session: TestSession;
beforeAll(async () => {
  session = await openSession("docker");
});
afterAll(async () => {
  await session[Symbol.asyncDispose]();
});

const podCount = async (): Promise<number> => (await session.pods("tide")).length;
const readyPods = async (): Promise<number> =>
  (await session.pods("tide")).filter(({ status }) =>
    (status as { conditions?: { type: string; status: string }[] })?.conditions?.some(
      ({ type, status: value }) => type === "Ready" && value === "True",
    ),
  ).length;
const sentence = async (): Promise<string> => {
  const answer = await session.emulator.client.knap<{ sentence: string }>("GET", "/explain?revision=tide-00001");
  return answer.sentence;
};

test("every request gets a response while load changes, and `explain` gives the reason of each stage", async () => {
  await session.deploy("tide", {
    annotations: {
      "autoscaling.knative.dev/target": "2",
      "autoscaling.knative.dev/max-scale": String(MAX_PODS),
    },
  });
  await session.ready("tide");
  expect(await sentence()).toMatch(/^stays at 1: /);
  const load = new Load({ port: session.emulator.ingress.port, service: "tide", path: `/sleep?ms=${WORK_MS}` });

  // Scale up: eight requests at a target of 1.4 per pod need more pods than max-scale allows.
  load.clients(8);
  await eventually(async () => expect(await readyPods()).toBe(MAX_PODS), 30_000);
  await eventually(
    async () => expect(await sentence()).toMatch(/^stays at 4: max-scale 4 \(traffic needs [67]\)$/),
    15_000,
  );

  // The load stays for longer than the stable window: the number of pods does not change.
  let [fewest, most] = [MAX_PODS, 0];
  for (let until = Date.now() + 8_000; Date.now() < until; await sleep(100)) {
    const count = await podCount();
    [fewest, most] = [Math.min(fewest, count), Math.max(most, count)];
  }
  expect([fewest, most]).toEqual([MAX_PODS, MAX_PODS]);

  // Scale down: two requests need two pods after the stable window and the panic.
  load.clients(2);
  await eventually(async () => expect(await readyPods()).toBe(2), 40_000);
  await eventually(
    async () => expect(await sentence()).toMatch(/^stays at 2: (1\.\d|2(\.\d)?) in flight over 6 s, target 1\.4/),
    15_000,
  );

  // Scale to zero: the sentence first predicts the time, then reports zero.
  expect([...(await load.stop()).keys()]).toEqual(["200"]);
  await eventually(
    async () =>
      expect(await sentence()).toMatch(/last request [\d.]+ s ago, window 6 s; zero at \d\d:\d\d:\d\d if nothing/),
    15_000,
  );
  await eventually(async () => expect(await podCount()).toBe(0), 30_000);
  expect(await sentence()).toMatch(/^is at zero: no request for [\d.]+ s; the next one wakes it/);

  // Scale up from zero.
  const again = new Load({ port: session.emulator.ingress.port, service: "tide", path: `/sleep?ms=${WORK_MS}` });
  again.clients(6);
  await eventually(async () => expect(await readyPods()).toBe(MAX_PODS), 30_000);
  await eventually(
    async () => expect(await sentence()).toMatch(/^stays at 4: max-scale 4 \(traffic needs \d+\)$/),
    15_000,
  );
  expect([...(await again.stop()).keys()]).toEqual(["200"]);
  expect(load.answered).toBe(load.begun);
  expect(load.begun).toBeGreaterThan(300);
});
