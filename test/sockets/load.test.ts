// Sends load to a session while revisions roll out, pods scale and stop, and the activator enters and leaves the
// request path: no request fails. KNAP_LOAD=100000 is the acceptance run.
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { Load } from "../support/load.ts";
import { openSession, type TestSession } from "../support/session.ts";

const REQUESTS = Number(process.env["KNAP_LOAD"] ?? 3000);
const CLIENTS = 8;
/** A small run pauses between requests, so that it does not use the whole processor. */
const PAUSE_MS = REQUESTS < 10_000 ? 5 : 0;
/** The minimum number of changes in a run. */
const MIN_CHANGES = 4;
const TIMEOUT_MS = 120_000 + REQUESTS * 20;

let session: TestSession;
beforeEach(async () => {
  session = await openSession("process");
});
afterEach(async () => {
  await session[Symbol.asyncDispose]();
});

const scaling = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]));
const openLoad = (path = "/"): Load =>
  new Load({ port: session.emulator.ingress.port, service: "loaded", path, pauseMs: PAUSE_MS });
/** Calls `change` repeatedly until REQUESTS responses have arrived and at least MIN_CHANGES changes were made. */
const runLoad = async (load: Load, change: (round: number) => Promise<unknown>): Promise<void> => {
  const began = performance.now();
  load.clients(CLIENTS);
  let round = 0;
  for (; load.answered < REQUESTS || round < MIN_CHANGES; round++) await change(round);
  const outcomes = Object.fromEntries(await load.stop());
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.info(`load: ${load.answered} requests over ${round} changes in ${seconds} s`, outcomes);
  expect(outcomes).toEqual({ "200": load.begun });
};
const mode = async (): Promise<string> => {
  const live = await session.emulator.client.knap<{ revisions: Record<string, { mode: string }> }>("GET", "/live");
  return live.revisions["default/loaded-00001"]?.mode ?? "";
};
const readyPods = async (): Promise<number> => {
  const pods = await session.pods("loaded");
  return pods.filter(({ status }) =>
    (status as { conditions?: { type: string; status: string }[] })?.conditions?.some(
      ({ type, status: value }) => type === "Ready" && value === "True",
    ),
  ).length;
};

describe("no request fails", () => {
  test(
    "no request fails while new revisions roll out",
    async () => {
      await session.deploy("loaded", { env: { VERSION: "0" } });
      await session.ready("loaded");
      await runLoad(openLoad(), async (round) => {
        await session.deploy("loaded", { env: { VERSION: String(round + 1) } });
        await session.ready("loaded", 60_000);
        await sleep(300);
      });
    },
    TIMEOUT_MS,
  );

  test.each([0, 2])(
    "no request fails while pods scale up and down at containerConcurrency %i",
    async (containerConcurrency) => {
      await session.deploy("loaded", {
        annotations: scaling({ target: "2", "max-scale": "4" }),
        spec: { containerConcurrency },
      });
      await session.ready("loaded");
      await runLoad(openLoad("/sleep?ms=2"), async (round) => {
        const pods = round % 2 ? 1 : 4;
        await session.emulator.client.knap("POST", "/scale", { service: "loaded", pods });
        await sleep(1500);
      });
    },
    TIMEOUT_MS,
  );

  test(
    "no request fails while the activator enters and leaves the request path",
    async () => {
      const config = { kind: "ConfigMap", namespace: "knative-serving", name: "config-autoscaler" } as const;
      await session.deploy("loaded", { annotations: scaling({ "min-scale": "2" }) });
      await session.ready("loaded");
      await runLoad(openLoad(), async (round) => {
        const [burst, expected] = round % 2 ? ["-1", "Proxy"] : ["0", "Serve"];
        const body = { data: { "target-burst-capacity": burst } };
        await session.emulator.client.patch(config, { type: "merge", body });
        await eventually(async () => expect(await mode()).toBe(expected), 20_000);
        await sleep(300);
      });
    },
    TIMEOUT_MS,
  );

  test(
    "no request fails while pods are deleted one by one",
    async () => {
      await session.deploy("loaded", { annotations: scaling({ "min-scale": "3" }) });
      await session.ready("loaded");
      await runLoad(openLoad(), async () => {
        const [oldest] = await session.pods("loaded");
        const name = oldest?.metadata.name ?? "";
        await session.emulator.client.delete({ kind: "Pod", namespace: "default", name });
        await eventually(async () => {
          expect((await session.pods("loaded")).map(({ metadata }) => metadata.name)).not.toContain(name);
          expect(await readyPods()).toBe(3);
        }, 30_000);
      });
    },
    TIMEOUT_MS,
  );
});
