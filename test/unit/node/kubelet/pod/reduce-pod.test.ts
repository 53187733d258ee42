// Tests the reducer of a pod: a list of events is the input, facts and next steps are the output.

import { describe, expect, test } from "vitest";
import type { StoredPod } from "../../../../../src/apis/core/pod.ts";
import type { Container } from "../../../../../src/apis/core/pod-spec.ts";
import { ColdStarts } from "../../../../../src/knap-api/cold-starts.ts";
import type { PodEvent } from "../../../../../src/node/kubelet/pod/pod-events.ts";
import type { PodFacts } from "../../../../../src/node/kubelet/pod/pod-facts.ts";
import { noticeOf } from "../../../../../src/node/kubelet/pod/pod-notices.ts";
import { type PodStep, planPod } from "../../../../../src/node/kubelet/pod/pod-plan.ts";
import { makePodStatus } from "../../../../../src/node/kubelet/pod/pod-status.ts";
import { firstFacts, podIPOf, queueProxyFacts, reducePod } from "../../../../../src/node/kubelet/pod/reduce-pod.ts";
import { StartRecords } from "../../../../../src/node/kubelet/start-records.ts";
import { AT, exit, image, NOW } from "../../../../support/pod-facts.ts";

const accept = (containers: readonly Container[], more: Partial<Parameters<typeof firstFacts>[0]> = {}): PodFacts =>
  firstFacts({
    pod: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "ns", uid: "u", resourceVersion: "1", creationTimestamp: AT },
      spec: { containers: [...containers, { name: "queue-proxy", image: "q" }] },
    },
    at: NOW,
    sandbox: "unneeded",
    address: "10.1.1.1",
    frozen: undefined,
    knownImage: () => image,
    ...more,
  });
const web = { name: "web", image: "img:1" };
const events = (facts: PodFacts, ...list: readonly PodEvent[]): PodFacts => list.reduce(reducePod, facts);
/** Plans at `now` and marks every step as taken, as the pod worker does. */
const takeSteps = (facts: PodFacts, now = NOW): { readonly facts: PodFacts; readonly steps: readonly PodStep[] } => {
  const steps = planPod(facts, now);
  return { steps, facts: events(facts, ...steps.map((step) => ({ type: "stepTaken", step }) as const)) };
};
const does = (steps: readonly PodStep[]) => steps.map((step) => step.do);
const start = { type: "stepTaken", step: { do: "start", container: "web" } } as const;
const created = (containerId: string) => ({ type: "created", container: "web", containerId, at: NOW + 1 }) as const;
const runs = (containerId: string, container = "web") =>
  ({
    type: "running",
    container,
    containerId,
    startedAt: AT,
    engine: undefined,
    address: "10.1.1.1",
    at: NOW + 2,
  }) as const;
const exited = (containerId: string, more: Parameters<typeof exit>[0] = {}, container = "web") =>
  ({ type: "exited", container, exit: exit({ containerId, ...more }) }) as const;
const running = (container: Container = web, ...list: readonly PodEvent[]) =>
  events(accept([container]), start, created("c1"), runs("c1"), ...list);
const ofStart = { container: "web", containerId: "c1" };

describe("a start", () => {
  test("a pod starts from its image to running, and no step is planned twice", () => {
    const first = takeSteps(accept([web], { knownImage: () => undefined }));
    expect(does(first.steps)).toEqual(["fetchImage"]);
    expect(planPod(first.facts, NOW)).toEqual([]);
    const second = takeSteps(events(first.facts, { type: "imageFetched", container: "web", image, at: NOW }));
    expect(does(second.steps)).toEqual(["start"]);
    expect(planPod(second.facts, NOW)).toEqual([]);
    const up = events(second.facts, created("c1"), runs("c1"));
    expect(up.containers[0]).toMatchObject({ run: { state: "running", containerId: "c1" }, restarts: 0 });
    expect(planPod(up, NOW)).toEqual([]);
    expect(up.startTimes).toEqual({ accepted: NOW, imagesFetched: NOW, created: NOW + 1, started: NOW + 2 });
  });

  test("a start after an exit keeps the exit and waits for its back-off", () => {
    const once = takeSteps(running(web, exited("c1")));
    expect(does(once.steps)).toEqual(["start"]);
    expect(once.facts.containers[0]).toMatchObject({ restarts: 1, last: { containerId: "c1" } });
    const twice = events(once.facts, created("c2"), runs("c2"), exited("c2", { endedAt: NOW + 100 }));
    expect(planPod(twice, NOW + 100)).toEqual([{ do: "reconcileAt", at: NOW + 10_100 }]);
    expect(does(planPod(twice, NOW + 10_100))).toEqual(["start"]);
    expect(twice.startTimes).toMatchObject({ created: NOW + 1 });
  });

  test("a start whose program cannot be executed counts as an exit", () => {
    const failed = events(accept([web]), start, created("c1"), exited("c1", { reason: "StartError" }));
    expect(failed.containers[0]?.run).toMatchObject({ state: "exited", exit: { reason: "StartError" } });
    expect(noticeOf(exited("c1", { reason: "StartError" }), failed)?.message).toBe("Error: boom");
  });

  test("a blocked start is repeated after 5 s, or at once when its configuration changes", () => {
    const blocked = events(accept([web]), start, {
      type: "blocked",
      container: "web",
      reason: "CreateContainerConfigError",
      message: "m",
      at: NOW,
    });
    expect(planPod(blocked, NOW)).toEqual([{ do: "reconcileAt", at: NOW + 5_000 }]);
    expect(does(planPod(events(blocked, { type: "retryRequested" }), NOW))).toEqual(["start"]);
    expect(takeSteps(blocked, NOW + 5_000).facts.containers[0]?.blocked).toBeUndefined();
  });

  test("a start whose image was removed from the engine pulls it again", () => {
    const missing = events(accept([web]), start, { type: "imageMissing", container: "web" });
    expect(does(planPod(missing, NOW))).toEqual(["fetchImage"]);
  });
});

test("init containers start in order, and an event of another container does not start the next one", () => {
  const pod = accept([web], {
    pod: {
      ...accept([web]).pod,
      spec: { containers: [web], initContainers: [{ name: "a" }, { name: "b" }] },
    } as StoredPod,
  });
  const first = takeSteps(pod);
  expect(first.steps).toEqual([{ do: "start", container: "a" }]);
  const failed = takeSteps(events(first.facts, runs("a1", "a"), exited("a1", { exitCode: 3 }, "a")));
  expect(failed.steps).toEqual([{ do: "start", container: "a" }]);
  const done = takeSteps(events(failed.facts, runs("a2", "a"), exited("a2", { exitCode: 0 }, "a")));
  expect(done.steps).toEqual([{ do: "start", container: "b" }]);
  const last = events(done.facts, runs("b1", "b"), exited("b1", { exitCode: 0 }, "b"));
  expect(planPod(last, NOW)).toEqual([{ do: "start", container: "web" }]);
});

test("failures of an image are counted until it is available", () => {
  const failed = {
    type: "imageFailed",
    container: "web",
    reason: "ErrImagePull",
    message: "no route",
    at: NOW,
  } as const;
  let facts = accept([web], { knownImage: () => undefined });
  for (const expected of [10_000, 20_000, 40_000]) {
    facts = events(takeSteps(facts, NOW + 1e9).facts, failed);
    expect(planPod(facts, NOW + 3_000)).toEqual([{ do: "reconcileAt", at: NOW + expected }]);
  }
  const fetched = events(takeSteps(facts, NOW + 1e9).facts, { type: "imageFetched", container: "web", image, at: NOW });
  expect(fetched.containers[0]?.image).toEqual({ state: "here" });
});

test("the time of the last image is part of the start times, and a first start is measured without it (11 C5)", () => {
  const fetched = { type: "imageFetched", container: "web", image } as const;
  const facts = accept([web], { knownImage: () => undefined });
  const pulled = events(takeSteps(facts).facts, { ...fetched, at: NOW + 60_000 });
  expect(pulled.startTimes).toMatchObject({ accepted: NOW, imagesFetched: NOW + 60_000 });
  const records = new StartRecords();
  using _ = records.add(facts.pod, {
    facts: { ...pulled, startTimes: { ...pulled.startTimes, probeOk: NOW + 61_000 } },
  });
  expect(new ColdStarts(records).podStarts).toMatchObject([{ totalMs: 1000 }]);
});

describe("while a container runs", () => {
  const readiness = (ok: boolean) => ({ type: "readiness", ...ofStart, ok, message: "refused", at: NOW + 9 }) as const;

  test("readiness follows the queue-proxy, and the time of the first readiness does not change", () => {
    const opened = running(web, { type: "queueProxyOpened", ...ofStart, at: NOW + 5 });
    expect(queueProxyFacts(opened)).toEqual({ ready: false });
    const down = events(opened, readiness(true), readiness(false));
    expect(queueProxyFacts(down)).toEqual({
      ready: false,
      message: `readiness probe of container "${ofStart.container}" failed: refused`,
    });
    const up = events(down, { ...readiness(true), at: NOW + 99 });
    expect(queueProxyFacts(up)).toEqual({ ready: true });
    expect(up.startTimes).toMatchObject({ portOpen: NOW + 5, probeOk: NOW + 9 });
  });

  test("an exit closes its queue-proxy and removes the address", () => {
    const ended = running(web, { type: "queueProxyOpened", ...ofStart, at: NOW }, readiness(true), exited("c1"));
    expect(queueProxyFacts(ended)).toBeUndefined();
    expect([podIPOf(running()), podIPOf(ended)]).toEqual(["10.1.1.1", undefined]);
  });

  test("a pod is not ready before its startup probe and exec readiness probe succeed", () => {
    const exec = { exec: { command: ["true"] } };
    const slow = running({ ...web, startupProbe: exec, readinessProbe: exec });
    expect(slow.containers[0]?.run).toMatchObject({ started: false, ready: false });
    const passed = events(
      slow,
      { type: "startupPassed", ...ofStart },
      { type: "execReadiness", ...ofStart, ready: true },
    );
    expect(passed.containers[0]?.run).toMatchObject({ started: true, ready: true });
  });

  test("a failed liveness probe kills the container once, and the exit restarts it", () => {
    const failed = takeSteps(
      running(web, { type: "probeFailed", ...ofStart, kind: "Liveness", message: "HTTP 503", failures: 3 }),
    );
    expect(does(failed.steps)).toEqual(["endContainer"]);
    expect(planPod(failed.facts, NOW)).toEqual([]);
    expect(does(planPod(events(failed.facts, exited("c1", { exitCode: 137 })), NOW))).toEqual(["start"]);
  });

  test("events of an earlier start change nothing", () => {
    const second = events(running(web, exited("c1")), start, created("c2"), runs("c2"));
    const late: readonly PodEvent[] = [
      { type: "probeFailed", ...ofStart, kind: "Liveness", message: "HTTP 503", failures: 3 },
      { type: "queueProxyOpened", ...ofStart, at: NOW },
      readiness(true),
      exited("c1"),
    ];
    for (const event of late) expect(reducePod(second, event)).toBe(second);
  });

  test("a port finding stays until the next start", () => {
    const found = running(web, { type: "portFinding", ...ofStart, reason: "LoopbackOnly", message: "m" });
    expect(found.containers[0]?.finding).toEqual({ reason: "LoopbackOnly", message: "m" });
    expect(events(found, exited("c1"), start).containers[0]?.finding).toBeUndefined();
  });

  test("a lost sandbox kills the container and opens a new sandbox", () => {
    const withoutSandbox = takeSteps({ ...running(), sandbox: "none" });
    expect(does(withoutSandbox.steps)).toEqual(["endContainer", "openSandbox"]);
    expect(planPod(withoutSandbox.facts, NOW)).toEqual([]);
    const ready = events(withoutSandbox.facts, { type: "sandboxReady", address: "10.1.1.2" }, exited("c1"));
    expect(does(planPod(ready, NOW))).toEqual(["start"]);
  });
});

test("a pod that stops during a start only observes its containers", () => {
  const stopping = events(accept([web]), start, created("c1"), { type: "stopRequested" });
  expect(planPod(stopping, NOW)).toEqual([]);
  const ended = events(stopping, runs("c1"), exited("c1"));
  expect(ended.containers[0]?.run.state).toBe("exited");
  expect(planPod(ended, NOW + 1e6)).toEqual([]);
});

describe("a pod that continues a frozen one", () => {
  const frozen = new Map([["web", { containerId: "c0", image: { ...image, imageId: "sha256:0" } }]]);
  const withInit = { ...accept([web]).pod, spec: { containers: [web], initContainers: [{ name: "a" }] } } as StoredPod;

  test("a pod that continues a frozen one thaws its container without init containers", () => {
    const thaw = takeSteps(accept([web], { pod: withInit, frozen }));
    expect(thaw.steps).toEqual([{ do: "thaw", container: "web" }]);
    const up = events(thaw.facts, created("c0"), runs("c0"));
    expect(up.containers).toMatchObject([{ name: "web", usable: { imageId: "sha256:0" }, run: { state: "running" } }]);
    expect(up.containers[0]?.frozen).toBeUndefined();
  });

  test("a failed thaw starts a new container", () => {
    const failed = events(takeSteps(accept([web], { frozen })).facts, { type: "thawFailed", container: "web" });
    expect(planPod(failed, NOW)).toEqual([{ do: "start", container: "web" }]);
  });
});

describe("a failing probe is named (11 B8)", () => {
  const slow = { ...web, startupProbe: { httpGet: { path: "/ready" } } };
  const ofStart = { container: "web", containerId: "c1" } as const;
  const failure = { type: "probeFailedOnce", ...ofStart, kind: "Startup", message: "connection refused" } as const;
  const failed = (failures: number): PodEvent => ({
    type: "probeFailed",
    ...ofStart,
    kind: "Startup",
    message: "HTTP probe failed with statuscode: 503",
    failures,
  });
  const frame = { previous: undefined, at: AT, now: NOW, hostIP: "10.0.0.1", runtimeName: "docker" };
  const unready = (facts: PodFacts) =>
    makePodStatus(facts, frame).conditions?.find(({ type }) => type === "Ready")?.message;
  const up = (): PodFacts => events(accept([slow]), start, created("c1"), runs("c1"));

  test("the Ready condition names a failing probe while the container starts, until the probe succeeds", () => {
    expect(unready(events(up(), failure))).toContain('startup probe of container "web" failed: connection refused');
    expect(unready(events(up(), failure, { type: "startupPassed", ...ofStart }))).not.toContain("startup probe");
  });

  test.each([
    [3, "3 times"],
    [1, "once"],
  ])("the message of an exit names the probe that caused it and its number of failures (%i)", (failures, often) => {
    const ended = (exitCode: number, message: string): string | undefined => {
      const facts = events(up(), failure, failed(failures), {
        type: "exited",
        container: "web",
        exit: exit({ exitCode, message }),
      });
      const { run } = facts.containers[0] as PodFacts["containers"][number];
      return run.state === "exited" ? run.exit.message : undefined;
    };
    const named = `startup probe of container "web" failed ${often}, and the container was stopped: HTTP probe failed with statuscode: 503`;
    expect(ended(0, "")).toBe(named);
    expect(ended(143, "last words")).toBe(`${named}\nlast words`);
  });

  test("the message of an exit that no probe caused names no probe", () => {
    const own = { type: "exited", container: "web", exit: exit({ message: "boom" }) } as const;
    const { run } = events(up(), failure, own).containers[0] as PodFacts["containers"][number];
    expect(run).toMatchObject({ exit: { message: "boom" } });
  });
});
