// Tests a session while its environment fails: a condition or an Event names each failure, other Services keep working,
// and the session recovers.
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Event, Pod } from "../../src/apis/core/types.ts";
import { conditionOf } from "../../src/apis/meta/conditions.ts";
import type { ContainerRuntime } from "../../src/node/runtime/runtime.ts";
import { openTestEngine, testImage } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { Load } from "../support/load.ts";
import { buildOwnImage, loadForeignImage } from "../support/own-image.ts";
import { openPrivateEngine, type PrivateEngine, privateEngineLack } from "../support/private-engine.ts";
import { openSession, type TestSession } from "../support/session.ts";

let session: TestSession;
let runtime: ContainerRuntime;

/** Returns the ContainerHealthy condition of a Service's newest revision as text. */
const health = async (name: string): Promise<string> => {
  const { status } = await session.service(name);
  const revision = await session.emulator.client.get({
    kind: "Revision.serving.knative.dev",
    namespace: "default",
    name: status?.latestCreatedRevisionName ?? "",
  });
  const condition = conditionOf(revision?.status?.conditions, "ContainerHealthy");
  return `${condition?.status} ${condition?.reason ?? ""}: ${condition?.message ?? ""}`;
};
const events = async (): Promise<readonly Event[]> => {
  const { items } = await session.emulator.client.list("Event", {});
  return items as readonly Event[];
};
const podsOf = (name: string) => session.pods(name) as Promise<readonly Pod[]>;
const containerOf = async (name: string): Promise<string> => {
  const [pod] = await podsOf(name);
  const status = pod?.status?.containerStatuses?.find((one) => one.name === "user-container");
  return (status?.containerID ?? "").replace(/^docker:\/\//, "");
};
const expectBystanderAnswers = async () => expect((await session.fetch("bystander")).status).toBe(200);
const minScaleOne = { "autoscaling.knative.dev/min-scale": "1" };

describe("on an engine that works", () => {
  beforeAll(async () => {
    session = await openSession("docker");
    runtime = await openTestEngine();
    await session.deploy("bystander");
    await session.ready("bystander");
  });
  afterAll(async () => {
    await runtime.close();
    await session[Symbol.asyncDispose]();
  });

  test.each([
    ["exits at once", { EXIT_AT_START: "3", EXIT_MESSAGE: "no database" }, /^False ExitCode3: .*no database/],
    ["listens on 127.0.0.1 only", { LISTEN_HOST: "127.0.0.1" }, /^False LoopbackOnly: .*bind 0\.0\.0\.0/],
  ])("ContainerHealthy names a container that %s, and other Services keep serving", async (_, env, expected) => {
    const name = `bad-${randomBytes(3).toString("hex")}`;
    await session.deploy(name, { env });
    await eventually(async () => expect(await health(name)).toMatch(expected), 30_000);
    await expectBystanderAnswers();
    await session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name });
  });

  test.each([
    ["never listens", { NEVER_LISTEN: "true" }, /nothing listens on port 8080 yet/],
    [
      "listens on another port",
      { LISTEN_PORT: "9999" },
      /listens on 9999, not on 8080: set containerPort, or listen on PORT/,
    ],
  ])(
    "an Event reports a container that %s, and its Service fails at the progress deadline",
    async (_, env, expected) => {
      const name = `mute-${randomBytes(3).toString("hex")}`;
      await session.deploy(name, { env, annotations: { "serving.knative.dev/progress-deadline": "8s" } });
      await eventually(async () => {
        const found = (await events()).filter(({ involvedObject }) => involvedObject.name?.startsWith(name));
        expect(found.map(({ message }) => message ?? "").find((text) => expected.test(text))).toBeDefined();
      }, 20_000);
      await expectBystanderAnswers();
      await eventually(async () => {
        const ready = conditionOf((await session.service(name)).status?.conditions, "Ready");
        expect(ready?.status).toBe("False");
      }, 30_000);
      await session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name });
    },
  );

  test("an image for another platform is reported with both architectures", async () => {
    const image = await loadForeignImage();
    await session.deploy("foreign", { image });
    await eventually(
      async () =>
        expect(await health("foreign")).toMatch(/^False .*is for linux\/arm64, this engine runs linux\/amd64/),
      30_000,
    );
    await expectBystanderAnswers();
    await session.emulator.client.delete({
      kind: "Service.serving.knative.dev",
      namespace: "default",
      name: "foreign",
    });
    await eventually(() => runtime.images.remove(image));
  });

  test("a container that another program kills or removes restarts, and failed requests get a reason", async () => {
    await session.deploy("victim", { annotations: minScaleOne });
    await session.ready("victim");
    const load = new Load({ port: session.emulator.ingress.port, service: "victim", pauseMs: 20 });
    load.clients(3);
    for (const act of ["kill", "remove"] as const) {
      const id = await containerOf("victim");
      if (act === "kill") await runtime.kill(id, "SIGKILL");
      else await runtime.remove(id);
      await eventually(async () => {
        const [pod] = await podsOf("victim");
        const status = pod?.status?.containerStatuses?.find((one) => one.name === "user-container");
        expect(status?.ready).toBe(true);
        expect(status?.containerID).not.toContain(id);
      }, 40_000);
      const [pod] = await podsOf("victim");
      const last = pod?.status?.containerStatuses?.find((one) => one.name === "user-container")?.lastState?.terminated;
      expect(last?.exitCode).toBe(137);
    }
    const outcomes = [...(await load.stop()).keys()];
    expect(outcomes).toContain("200");
    expect(outcomes.filter((outcome) => !/^(200|50[234] \S.*)$/s.test(outcome))).toEqual([]);
    await eventually(async () => expect((await session.fetch("victim")).status).toBe(200));
  });

  test("a container that exceeds its memory limit is OOMKilled, its request fails with a reason, and the next one succeeds", async () => {
    const container = { resources: { limits: { memory: "128Mi" } } };
    await session.deploy("greedy", { annotations: minScaleOne, container });
    await session.ready("greedy");
    const { status, text } = await session.fetch("greedy", "/allocate?mb=300");
    expect(`${status} ${text}`).toMatch(/^502 \S/);
    await eventually(async () => {
      const [pod] = await podsOf("greedy");
      const found = pod?.status?.containerStatuses?.find((one) => one.name === "user-container");
      expect(found).toMatchObject({ ready: true, restartCount: 1 });
      expect(found?.lastState?.terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
    }, 20_000);
    await eventually(async () => expect((await session.fetch("greedy")).status).toBe(200));
    await expectBystanderAnswers();
    await session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name: "greedy" });
  });

  test("the pod status reports an image deleted at zero; a waiting request gets its response when the image is back", async () => {
    const own = await buildOwnImage(runtime);
    await session.deploy("imageless", { image: own.tag });
    await session.ready("imageless");
    await eventually(async () => expect(await session.pods("imageless")).toEqual([]), 30_000);
    await eventually(() => own.remove());
    const pending = session.fetch("imageless");
    await eventually(async () => {
      const [pod] = await podsOf("imageless");
      const waiting = pod?.status?.containerStatuses?.find((one) => one.name === "user-container")?.state?.waiting;
      expect(waiting?.reason).toMatch(/^(ErrImagePull|ImagePullBackOff)$/);
    }, 20_000);
    await expectBystanderAnswers();
    await own.build();
    expect((await pending).status).toBe(200);
    await session.emulator.client.delete({
      kind: "Service.serving.knative.dev",
      namespace: "default",
      name: "imageless",
    });
    await eventually(() => own.remove());
  });
});

describe("with processes", () => {
  beforeAll(async () => {
    session = await openSession("process");
    await session.deploy("bystander");
    await session.ready("bystander");
  });
  afterAll(async () => {
    await session[Symbol.asyncDispose]();
  });

  test.each([
    ["exits at once", { EXIT_AT_START: "3", EXIT_MESSAGE: "no database" }, /^False ExitCode3: .*no database/],
    [
      "listens on the wrong port",
      { LISTEN_PORT: "0" },
      /^False PortMismatch: listens on \d+, not on PORT=\d+; use PORT/,
    ],
  ])("ContainerHealthy names a process that %s, and other Services keep serving", async (_, env, expected) => {
    const name = `bad-${randomBytes(3).toString("hex")}`;
    await session.deploy(name, { env });
    await eventually(async () => expect(await health(name)).toMatch(expected), 30_000);
    await expectBystanderAnswers();
    await session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name });
  });

  test("a process that another program kills restarts", async () => {
    await session.deploy("victim", { annotations: minScaleOne });
    await session.ready("victim");
    const pid = async () => Number(JSON.parse((await session.fetch("victim", "/whoami")).text).pid);
    const first = await pid();
    process.kill(first, "SIGKILL");
    await eventually(async () => expect(await pid()).not.toBe(first));
    const [pod] = await podsOf("victim");
    expect(pod?.status?.containerStatuses?.find((one) => one.name === "user-container")?.restartCount).toBe(1);
  });
});

if (privateEngineLack) console.info(`an engine that goes away under a session: skipped, ${privateEngineLack}`);

describe.skipIf(privateEngineLack !== undefined)("on an engine that goes away", () => {
  const before = process.env["DOCKER_HOST"];
  let engine: PrivateEngine;
  beforeAll(async () => {
    engine = await openPrivateEngine();
    process.env["DOCKER_HOST"] = engine.host;
    runtime = await openTestEngine();
    await testImage(runtime);
    session = await openSession("docker");
  });
  // Vitest runs these hooks in reverse order, each one even if another one fails.
  afterAll(() => engine.close());
  afterAll(async () => {
    if (before === undefined) delete process.env["DOCKER_HOST"];
    else process.env["DOCKER_HOST"] = before;
    await runtime.close();
  });
  afterAll(() => session[Symbol.asyncDispose]());
  const nodeReady = async (): Promise<string> => {
    const node = await session.emulator.client.get({ kind: "Node", namespace: "", name: "knap" });
    const condition = node?.status?.conditions?.find(({ type }) => type === "Ready");
    return `${condition?.status} ${condition?.reason}`;
  };

  test.each(["SIGTERM", "SIGKILL"] as const)(
    "after %s of the engine the node is not ready, requests get a response or a reason, and all Services recover",
    async (signal) => {
      const [steady, sleeper] = [`steady-${signal.toLowerCase()}`, `sleeper-${signal.toLowerCase()}`];
      await session.deploy(steady, { annotations: minScaleOne });
      await session.deploy(sleeper);
      await session.ready(steady);
      await session.ready(sleeper);
      await eventually(async () => expect(await session.pods(sleeper)).toEqual([]), 30_000);
      const load = new Load({ port: session.emulator.ingress.port, service: steady, pauseMs: 20 });
      load.clients(3);
      await engine.stop(signal);
      await eventually(async () => expect(await nodeReady()).toBe("False KubeletNotReady"), 15_000);
      expect((await events()).map(({ reason }) => reason)).toContain("NodeNotReady");
      // This request wakes a Service during the outage. It waits until the engine is back.
      const woken = session.fetch(sleeper);
      await engine.start();
      await eventually(async () => expect(await nodeReady()).toBe("True KubeletReady"), 30_000);
      expect((await woken).status).toBe(200);
      await eventually(async () => expect((await session.fetch(steady)).status).toBe(200), 60_000);
      const outcomes = [...(await load.stop()).keys()];
      expect(outcomes.filter((outcome) => !/^(200|50[234] \S.*)$/s.test(outcome))).toEqual([]);
      for (const name of [steady, sleeper])
        await session.emulator.client.delete({ kind: "Service.serving.knative.dev", namespace: "default", name });
    },
  );

  test("networks pruned while all Services nap are restored by the next request", async () => {
    await session.deploy("pruned");
    await session.ready("pruned");
    await eventually(async () => expect(await runtime.list("knap.dev/pod")).toEqual([]), 40_000);
    const networks = () => runtime.networks.list("knap.dev/session");
    for (const { id } of await networks()) await runtime.networks.close(id);
    expect(await networks()).toEqual([]);
    expect((await session.fetch("pruned")).status).toBe(200);
    expect((await networks()).length).toBe(1);
  });
});
