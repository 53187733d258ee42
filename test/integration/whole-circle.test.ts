// Tests the main functions on real containers and real processes: apply, serve, nap, wake, limits and rollout.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openSession, type TestSession } from "../support/session.ts";

const scaling = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]));

describe.each(["process", "docker"] as const)("a session with runtime %s", (kind) => {
  let session: TestSession;
  beforeAll(async () => {
    session = await openSession(kind);
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
  });

  test("a Service answers, naps when it is idle, and wakes at the next request", async () => {
    await session.deploy("napper");
    const { status } = await session.ready("napper");
    expect(status?.url).toBe(`http://napper.default.localhost:${session.emulator.ingress.port}`);
    expect(await session.fetch("napper")).toEqual({ status: 200, text: "hello from napper-00001\n" });
    await eventually(async () => expect(await session.pods("napper")).toEqual([]), 30_000);
    expect((await session.ready("napper")).status?.conditions?.find(({ type }) => type === "Ready")?.status).toBe(
      "True",
    );
    expect(await session.fetch("napper")).toEqual({ status: 200, text: "hello from napper-00001\n" });
    expect(await session.pods("napper")).toHaveLength(1);
    const live = await session.emulator.client.knap<{ coldStarts: { revision: string; totalMs: number }[] }>(
      "GET",
      "/live",
    );
    expect(live.coldStarts.map(({ revision }) => revision)).toContain("default/napper-00001");
  });

  test("every Service has a loopback port that Node's fetch can use", async () => {
    await session.deploy("dialled");
    await session.ready("dialled");
    const address = session.emulator.serviceAddress("default", "dialled");
    const reply = await fetch(`http://${address?.host}:${address?.port}/echo`);
    const { headers } = (await reply.json()) as { headers: string[] };
    expect(headers[headers.findIndex((name) => name.toLowerCase() === "host") + 1]).toMatch(
      /^dialled\.default\.localhost/,
    );
  });

  test("100 requests to a napping Service with containerConcurrency 1 succeed on 2 to 5 pods, and no pod gets two at once", async () => {
    await session.deploy("single", {
      annotations: scaling({ "max-scale": "5", "initial-scale": "1" }),
      spec: { containerConcurrency: 1 },
    });
    await session.ready("single");
    await eventually(async () => expect(await session.pods("single")).toEqual([]), 30_000);
    const mostInFlightByPod = new Map<string, number>();
    let mostPods = 0;
    let done = false;
    const counting = (async () => {
      while (!done) {
        mostPods = Math.max(mostPods, (await session.pods("single")).length);
        await sleep(50);
      }
    })();
    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => {
        const slept = await session.fetch("single", "/sleep?ms=100");
        const { text } = await session.fetch("single", "/whoami");
        const { hostname, pid, mostInFlight } = JSON.parse(text) as Record<string, number | string>;
        mostInFlightByPod.set(`${hostname} ${pid}`, Number(mostInFlight));
        return slept.status;
      }),
    );
    done = true;
    await counting;
    expect(answers.filter((status) => status !== 200)).toEqual([]);
    expect(mostPods).toBeGreaterThanOrEqual(2);
    expect(mostPods).toBeLessThanOrEqual(5);
    expect([...mostInFlightByPod.values()].every((most) => most === 1)).toBe(true);
  });

  test("no request fails while a new revision rolls out under load", async () => {
    await session.deploy("roller", { env: { VERSION: "1" } });
    await session.ready("roller");
    const failures: unknown[] = [];
    const revisions = new Set<string>();
    let stop = false;
    const load = Array.from({ length: 8 }, async () => {
      while (!stop) {
        try {
          const { status, text } = await session.fetch("roller");
          if (status !== 200) failures.push([status, text]);
          else revisions.add(text.trim());
        } catch (error) {
          failures.push(error);
        }
        await sleep(5);
      }
    });
    await sleep(300);
    await session.deploy("roller", { env: { VERSION: "2" } });
    await eventually(
      async () => expect((await session.ready("roller")).status?.latestReadyRevisionName).toBe("roller-00002"),
      30_000,
    );
    await sleep(2000);
    stop = true;
    await Promise.all(load);
    expect(failures).toEqual([]);
    expect([...revisions].sort()).toEqual(["hello from roller-00001", "hello from roller-00002"]);
  });

  test("a revision that cannot start reports why, and the last ready one keeps serving", async () => {
    await session.deploy("stayer");
    await session.ready("stayer");
    await session.deploy("stayer", { env: { EXIT_AT_START: "3", EXIT_MESSAGE: "no database" } });
    await eventually(async () =>
      expect((await session.service("stayer")).status?.latestCreatedRevisionName).toBe("stayer-00002"),
    );
    await eventually(async () => {
      const ready = (await session.service("stayer")).status?.conditions?.find(({ type }) => type === "Ready");
      expect(ready?.status).toBe("False");
      expect(ready?.message).toMatch(
        /Revision "stayer-00002" failed with message: Container failed with: .*no database/,
      );
    });
    expect((await session.fetch("stayer")).text).toBe("hello from stayer-00001\n");
    expect((await session.service("stayer")).status?.latestReadyRevisionName).toBe("stayer-00001");
  });
});

describe("the capacity of the node", () => {
  test("--max-pods limits the pods of a Service without max-scale; excess requests wait for a slot", async () => {
    const session = await openSession("process", { maxPods: 3 });
    try {
      await session.deploy("crowd", { spec: { containerConcurrency: 1 } });
      await session.ready("crowd");
      let running = 0;
      const requests = Promise.all(Array.from({ length: 30 }, () => session.fetch("crowd", "/sleep?ms=150")));
      await eventually(async () => {
        const pods = await session.pods("crowd");
        running = Math.max(
          running,
          pods.filter((pod) => (pod.status as { phase?: string })?.phase === "Running").length,
        );
        const refused = pods.some((pod) =>
          JSON.stringify(pod.status).includes("0/1 nodes are available: 1 Too many pods."),
        );
        expect(refused).toBe(true);
      });
      expect((await requests).every(({ status }) => status === 200)).toBe(true);
      expect(running).toBeLessThanOrEqual(3);
    } finally {
      await session[Symbol.asyncDispose]();
    }
  });
});
