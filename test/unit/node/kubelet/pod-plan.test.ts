// What the kubelet does next, and what it says, as tables of facts.
import { describe, expect, test } from "vitest";
import type { Pod } from "../../../../src/apis/core/types.ts";
import { judgeListeners } from "../../../../src/node/kubelet/container/port-findings.ts";
import type { ContainerFacts, ExitFacts, PodFacts } from "../../../../src/node/kubelet/pod/pod-facts.ts";
import { backOffMs, planPod } from "../../../../src/node/kubelet/pod/pod-plan.ts";
import { fallbackMessage, makePodStatus } from "../../../../src/node/kubelet/pod/pod-status.ts";

const NOW = 1_000_000;
const AT = "2026-01-01T00:00:00Z";
const exit = (more: Partial<ExitFacts> = {}): ExitFacts => ({
  exitCode: 1,
  reason: "Error",
  message: "boom",
  finishedAt: AT,
  endedAt: NOW,
  ranMs: 500,
  containerId: "c1",
  ...more,
});
const container = (more: Partial<ContainerFacts> = {}): ContainerFacts => ({
  name: "web",
  init: false,
  reference: "img:1",
  image: { state: "here" },
  imageId: "sha256:1",
  run: { state: "none" },
  restarts: 0,
  started: true,
  ready: true,
  ...more,
});
const running = { state: "running", containerId: "c1", startedAt: AT } as const;
const facts = (containers: readonly ContainerFacts[], more: Partial<PodFacts> = {}): PodFacts => ({
  pod: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "ns", uid: "u" },
    spec: {
      restartPolicy: "Always",
      containers: [...containers.map(({ name }) => ({ name, image: "img:1" })), { name: "queue-proxy", image: "q" }],
    },
  } as Pod,
  now: NOW,
  sandbox: "unneeded",
  containers,
  sidecar: { open: false, ready: false },
  ...more,
});
const failed = (failures: number, failedAt: number, reason = "ErrImagePull"): ContainerFacts["image"] => ({
  state: "failed",
  trouble: { reason, message: "no route", failures, failedAt },
});

describe("back-off", () => {
  test("none, then 10 s doubling to 5 min", () => {
    expect([0, 1, 2, 3, 4, 5, 6, 50].map(backOffMs)).toEqual([
      0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
    ]);
  });
});

describe("the plan of a pod", () => {
  const init = (name: string, more: Partial<ContainerFacts> = {}) => container({ name, init: true, ...more });
  const ended = (exitCode: number, more: Partial<ExitFacts> = {}) =>
    ({ run: { state: "exited", exit: exit({ exitCode, ...more }) } }) as const;
  const web = { do: "start", container: "web" };

  test.each<[string, PodFacts, readonly unknown[]]>([
    [
      "an unknown image is fetched",
      facts([container({ image: { state: "unknown" } })]),
      [{ do: "fetchImage", container: "web" }],
    ],
    ["an image under way is awaited", facts([container({ image: { state: "fetching" } })]), []],
    ["with its image a container starts", facts([container()]), [web]],
    ["a start under way is not repeated", facts([container({ run: { state: "starting" } })]), []],
    ["what runs is left alone", facts([container({ run: running })]), []],
    ["the first restart is at once", facts([container(ended(1))]), [web]],
    [
      "the second waits 10 s",
      facts([container({ ...ended(1), restarts: 1 })]),
      [{ do: "lookAgain", at: NOW + 10_000 }],
    ],
    ["and then starts", facts([container({ ...ended(1, { endedAt: NOW - 10_000 }), restarts: 1 })]), [web]],
    [
      "ten minutes of running clear the slate",
      facts([container({ ...ended(1, { ranMs: 600_000 }), restarts: 7 })]),
      [web],
    ],
    ["an exit with 0 is restarted too", facts([container(ended(0))]), [web]],
    [
      "a failed pull shows its error, then backs off",
      facts([container({ image: failed(1, NOW) })]),
      [{ do: "lookAgain", at: NOW + 2_000 }],
    ],
    [
      "a failed pull is tried again after 10 s",
      facts([container({ image: failed(1, NOW - 2_000) })]),
      [{ do: "lookAgain", at: NOW + 8_000 }],
    ],
    ["and then", facts([container({ image: failed(1, NOW - 10_000) })]), [{ do: "fetchImage", container: "web" }]],
    [
      "a name that is none is not tried again",
      facts([container({ image: failed(1, NOW - 10_000, "InvalidImageName") })]),
      [],
    ],
    [
      "what is held back is tried again later",
      facts([container({ held: { reason: "r", message: "m", at: NOW } })]),
      [{ do: "lookAgain", at: NOW + 5_000 }],
    ],
    [
      "a pod of several opens its sandbox first",
      facts([container(), container({ name: "b" })], { sandbox: "none" }),
      [{ do: "openSandbox" }],
    ],
    ["and waits for it", facts([container()], { sandbox: "opening" }), []],
    [
      "init containers come one by one",
      facts([init("a", ended(0)), init("b"), init("c"), container()]),
      [{ do: "start", container: "b" }],
    ],
    [
      "after the last one all others start",
      facts([init("a", ended(0)), container(), container({ name: "b" })]),
      [web, { do: "start", container: "b" }],
    ],
    [
      "a failed init container is tried again",
      facts([init("a", ended(2)), container()]),
      [{ do: "start", container: "a" }],
    ],
    [
      "images are fetched while init containers run",
      facts([init("a", { run: running }), container({ image: { state: "unknown" } })]),
      [{ do: "fetchImage", container: "web" }],
    ],
  ])("%s", (_, given, expected) => {
    expect(planPod(given)).toEqual(expected);
  });
});

describe("the status of a pod", () => {
  const status = (given: PodFacts, previous?: Pod["status"]) =>
    makePodStatus(given, { previous, at: AT, hostIP: "10.0.0.1", runtimeName: "docker" });
  const web = (given: PodFacts) => status(given).containerStatuses?.find(({ name }) => name === "web");
  const condition = (given: PodFacts, type: string) => status(given).conditions?.find((one) => one.type === type);

  test("a pod is Ready when its containers run and the queue-proxy says so", () => {
    const up = facts([container({ run: running })], { sidecar: { open: true, ready: true }, podIP: "10.1.1.1" });
    expect(condition(up, "Ready")).toMatchObject({ status: "True", lastTransitionTime: AT });
    expect(status(up)).toMatchObject({ phase: "Running", podIP: "10.1.1.1", podIPs: [{ ip: "10.1.1.1" }] });
    const unready = { ...up, sidecar: { open: true, ready: false, message: "connection refused" } };
    expect(condition(unready, "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [queue-proxy]; connection refused",
    });
    expect(web(unready)).toMatchObject({ ready: true, started: true });
  });

  test("transition times move only with the status", () => {
    const up = facts([container({ run: running })], { sidecar: { open: true, ready: true } });
    const first = status(up);
    const later = makePodStatus(
      { ...up, sidecar: { open: true, ready: false } },
      { previous: first, at: "later", hostIP: "10.0.0.1", runtimeName: "docker" },
    );
    const times = Object.fromEntries((later.conditions ?? []).map((one) => [one.type, one.lastTransitionTime]));
    expect(times).toMatchObject({ Initialized: AT, Ready: "later", ContainersReady: "later" });
    expect(later.startTime).toBe(first.startTime);
  });

  test("equal facts give an equal status at any time", () => {
    const given = facts([container({ run: running })]);
    const first = status(given);
    expect(
      makePodStatus(
        { ...given, now: NOW + 99 },
        { previous: first, at: "later", hostIP: "10.0.0.1", runtimeName: "docker" },
      ),
    ).toEqual(first);
  });

  test.each<[string, Partial<ContainerFacts>, unknown]>([
    ["not yet created", {}, { waiting: { reason: "ContainerCreating" } }],
    ["pulling failed", { image: failed(1, NOW - 100) }, { waiting: { reason: "ErrImagePull", message: "no route" } }],
    [
      "waiting to pull again",
      { image: failed(1, NOW - 3_000) },
      { waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "img:1": ErrImagePull: no route' } },
    ],
    [
      "held back",
      { held: { reason: "CreateContainerConfigError", message: "m", at: 0 } },
      { waiting: { reason: "CreateContainerConfigError", message: "m" } },
    ],
    ["running", { run: running }, { running: { startedAt: AT } }],
    [
      "running in vain",
      { run: running, finding: { reason: "LoopbackOnly", message: "m" } },
      { waiting: { reason: "LoopbackOnly", message: "m" } },
    ],
    [
      "ended once",
      { run: { state: "exited", exit: exit() } },
      { terminated: { exitCode: 1, reason: "Error", message: "boom", finishedAt: AT, containerID: "c1" } },
    ],
    [
      "ended again",
      { run: { state: "exited", exit: exit() }, restarts: 5 },
      {
        waiting: { reason: "CrashLoopBackOff", message: "back-off 2m40s restarting failed container=web pod=p_ns(u)" },
      },
    ],
  ])("a container %s", (_, more, expected) => {
    expect(web(facts([container(more)]))?.state).toEqual(expected);
  });

  test("what ended before stands in lastState", () => {
    const restarted = web(
      facts([container({ run: running, restarts: 1, last: exit({ exitCode: 137, reason: "OOMKilled" }) })]),
    );
    expect(restarted).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
    });
    const backingOff = web(facts([container({ run: { state: "exited", exit: exit() }, restarts: 1 })]));
    expect(backingOff?.lastState?.terminated?.exitCode).toBe(1);
  });

  test("main containers wait while init containers run", () => {
    const given = facts([container({ name: "init", init: true, run: running }), container()]);
    expect(web(given)?.state).toEqual({ waiting: { reason: "PodInitializing" } });
    expect(condition(given, "Initialized")).toMatchObject({ status: "False", reason: "ContainersNotInitialized" });
    expect(status(given).phase).toBe("Pending");
  });
});

describe("last words", () => {
  test("at most 80 lines and 2048 bytes, from the end", () => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    expect(fallbackMessage(lines).split("\n").length).toBe(81);
    expect(fallbackMessage(lines)).toMatch(/^line 20\n/);
    expect(fallbackMessage(["x".repeat(5_000)]).length).toBe(2_048);
    expect(fallbackMessage([])).toBe("");
  });
});

describe("port findings", () => {
  test.each([
    [[{ port: 8080, loopback: false }], false, undefined],
    [[{ port: 8080, loopback: true }], false, "LoopbackOnly"],
    [[{ port: 8080, loopback: true }], true, undefined],
    [[{ port: 3000, loopback: false }], true, "PortMismatch"],
  ])("%j with an assigned port: %s → %s", (listeners, assigned, reason) => {
    expect(judgeListeners(listeners, 8080, assigned)?.reason).toBe(reason);
  });

  test("another port in a container, and none at all, are worth a word", () => {
    expect(judgeListeners([{ port: 3000, loopback: false }], 8080, false)).toEqual({
      message: "listens on 3000, not on 8080: set containerPort, or listen on PORT",
    });
    expect(judgeListeners([], 8080, false)).toEqual({ message: "nothing listens on port 8080 yet" });
  });
});
