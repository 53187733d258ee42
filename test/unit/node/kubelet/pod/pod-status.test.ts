// Tests the status of a pod, which is computed from its facts.
import { describe, expect, test } from "vitest";
import type { Pod } from "../../../../../src/apis/core/types.ts";
import type { ContainerFacts, PodFacts, QueueProxyFacts } from "../../../../../src/node/kubelet/pod/pod-facts.ts";
import { fallbackMessage, makePodStatus } from "../../../../../src/node/kubelet/pod/pod-status.ts";
import {
  AT,
  container,
  exit,
  podFacts as facts,
  failedImage,
  initContainer,
  NOW,
  running,
} from "../../../../support/pod-facts.ts";

const status = (given: PodFacts, previous?: Pod["status"], at = AT, now = NOW) =>
  makePodStatus(given, { previous, at, now, hostIP: "10.0.0.1", runtimeName: "docker" });
const web = (given: PodFacts) => status(given).containerStatuses?.find(({ name }) => name === "web");
const condition = (given: PodFacts, type: string) => status(given).conditions?.find((one) => one.type === type);
const served = (queueProxy: QueueProxyFacts) => facts([container({ run: running({ queueProxy }) })]);

describe("the status of a pod", () => {
  test("a pod is Ready when its containers run and the queue-proxy is ready", () => {
    const up = served({ ready: true });
    expect(condition(up, "Ready")).toMatchObject({ status: "True", lastTransitionTime: AT });
    expect(status(up)).toMatchObject({ phase: "Running", podIP: "10.1.1.1", podIPs: [{ ip: "10.1.1.1" }] });
    const unready = served({ ready: false, message: "connection refused" });
    expect(condition(unready, "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [queue-proxy]; connection refused",
    });
    expect(web(unready)).toMatchObject({ ready: true, started: true });
  });

  test("a transition time changes only together with its condition", () => {
    const first = status(served({ ready: true }));
    const later = status(served({ ready: false }), first, "later");
    const times = Object.fromEntries((later.conditions ?? []).map((one) => [one.type, one.lastTransitionTime]));
    expect(times).toMatchObject({ Initialized: AT, Ready: "later", ContainersReady: "later" });
    expect(later.startTime).toBe(first.startTime);
  });

  test.each([
    ["Always", [0], "Running", "ContainersNotReady"],
    ["OnFailure", [0], "Succeeded", "PodCompleted"],
    ["OnFailure", [0, 1], "Running", "ContainersNotReady"],
    ["Never", [0, 0], "Succeeded", "PodCompleted"],
    ["Never", [0, 1], "Failed", "PodFailed"],
    ["Never", [0, undefined], "Running", "ContainersNotReady"],
  ])(
    "with restartPolicy %s and exits %j, the phase is %s, and Ready is False for %s",
    (restartPolicy, codes, phase, reason) => {
      const ended = codes.map((exitCode, index) =>
        container({
          name: `c${index}`,
          run: exitCode === undefined ? running() : { state: "exited", exit: exit({ exitCode }) },
        }),
      );
      const { pod, ...rest } = facts(ended);
      const given = { ...rest, pod: { ...pod, spec: { ...pod.spec, restartPolicy } } };
      expect([status(given).phase, condition(given, "Ready")]).toMatchObject([phase, { status: "False", reason }]);
    },
  );

  test("an exit code beyond int32, as on Windows, is shown as an int32 (11 A1)", () => {
    const ended = container({
      restartPolicy: "Never",
      run: { state: "exited", exit: exit({ exitCode: 3_221_225_477 }) },
    } as never);
    const { pod, ...rest } = facts([ended]);
    const never = { ...rest, pod: { ...pod, spec: { ...pod.spec, restartPolicy: "Never" as const } } };
    expect(web(never)?.state?.terminated?.exitCode).toBe(-1_073_741_819);
  });

  test("the status of a pod is equal for equal facts at any time", () => {
    const given = facts([container({ run: running() })]);
    const first = status(given);
    expect(status(given, first, "later", NOW + 99)).toEqual(first);
  });

  test.each<[string, Partial<ContainerFacts>, unknown]>([
    ["was not created yet", {}, { waiting: { reason: "ContainerCreating" } }],
    [
      "has no image yet",
      { image: failedImage(1, NOW - 100) },
      { waiting: { reason: "ErrImagePull", message: "no route" } },
    ],
    [
      "waits for the next pull",
      { image: failedImage(1, NOW - 3_000) },
      { waiting: { reason: "ImagePullBackOff", message: 'Back-off pulling image "img:1": ErrImagePull: no route' } },
    ],
    [
      "is blocked",
      { blocked: { reason: "CreateContainerConfigError", message: "m", at: 0 } },
      { waiting: { reason: "CreateContainerConfigError", message: "m" } },
    ],
    ["runs", { run: running() }, { running: { startedAt: AT } }],
    [
      "runs and cannot serve",
      { run: running(), finding: { reason: "LoopbackOnly", message: "m" } },
      { waiting: { reason: "LoopbackOnly", message: "m" } },
    ],
    [
      "exited once",
      { run: { state: "exited", exit: exit() } },
      { terminated: { exitCode: 1, reason: "Error", message: "boom", finishedAt: AT, containerID: "c1" } },
    ],
    [
      "exited again",
      { run: { state: "exited", exit: exit() }, restarts: 5 },
      {
        waiting: { reason: "CrashLoopBackOff", message: "back-off 2m40s restarting failed container=web pod=p_ns(u)" },
      },
    ],
  ])("the status shows a container that %s", (_, more, expected) => {
    expect(web(facts([container(more)]))?.state).toEqual(expected);
  });

  test("lastState shows the previous exit", () => {
    const last = exit({ exitCode: 137, reason: "OOMKilled" });
    expect(web(facts([container({ run: running(), restarts: 1, last })]))).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
    });
    const backingOff = web(facts([container({ run: { state: "exited", exit: exit() }, restarts: 1 })]));
    expect(backingOff?.lastState?.terminated?.exitCode).toBe(1);
  });

  test("main containers are waiting while init containers run", () => {
    const given = facts([initContainer("init", { run: running() }), container()]);
    expect(web(given)?.state).toEqual({ waiting: { reason: "PodInitializing" } });
    expect(condition(given, "Initialized")).toMatchObject({ status: "False", reason: "ContainersNotInitialized" });
    expect(status(given).phase).toBe("Pending");
  });
});

test("the fallback of a termination message is at most the last 80 lines and 2048 bytes of the log", () => {
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  expect(fallbackMessage(lines).split("\n").length).toBe(81);
  expect(fallbackMessage(lines)).toMatch(/^line 20\n/);
  expect(fallbackMessage(["x".repeat(5_000)]).length).toBe(2_048);
  expect(fallbackMessage([])).toBe("");
});
