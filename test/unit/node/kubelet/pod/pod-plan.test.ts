// Tests the plan of a pod: facts are the input, steps the output.
import { describe, expect, test } from "vitest";
import type { ContainerFacts, ExitFacts, PodFacts } from "../../../../../src/node/kubelet/pod/pod-facts.ts";
import { backOffMs, planPod } from "../../../../../src/node/kubelet/pod/pod-plan.ts";
import { reducePod } from "../../../../../src/node/kubelet/pod/reduce-pod.ts";
import {
  container,
  exit,
  podFacts as facts,
  failedImage,
  image,
  initContainer,
  NOW,
  running,
} from "../../../../support/pod-facts.ts";

test("the first restart has no back-off, the second 10 s, and later ones double it up to 5 min", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 50].map(backOffMs)).toEqual([
    0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000,
  ]);
});

test("a pod that cannot be created is tried again after 5 s, doubling up to 1 min, until it runs (11 A10)", () => {
  let pod = facts([container()]);
  const delays: number[] = [];
  for (let attempt = 0; attempt < 6; attempt++) {
    pod = reducePod(pod, { type: "stepTaken", step: { do: "start", container: "web" } });
    pod = reducePod(pod, { type: "blocked", container: "web", reason: "r", message: "m", at: NOW });
    const [step] = planPod(pod, NOW);
    delays.push(step?.do === "reconcileAt" ? step.at - NOW : 0);
  }
  expect(delays).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  expect(planPod(reducePod(pod, { type: "retryRequested" }), 1)).toEqual([{ do: "start", container: "web" }]);
  let sandbox = facts([container(), container({ name: "b" })], { sandbox: "none" });
  for (let attempt = 0; attempt < 3; attempt++)
    sandbox = reducePod(sandbox, { type: "sandboxFailed", message: "m", at: NOW });
  expect(planPod(sandbox, NOW)).toEqual([{ do: "reconcileAt", at: NOW + 20_000 }]);
});

describe("the plan of a pod", () => {
  const ended = (exitCode: number, more: Partial<ExitFacts> = {}): Pick<ContainerFacts, "run"> => ({
    run: { state: "exited", exit: exit({ exitCode, ...more }) },
  });
  const startWeb = { do: "start", container: "web" };
  const fetchWeb = { do: "fetchImage", container: "web" };
  const reconcileAt = (at: number) => ({ do: "reconcileAt", at });

  test.each<[string, PodFacts, readonly unknown[]]>([
    ["fetches an unknown image", facts([container({ image: { state: "unknown" } })]), [fetchWeb]],
    ["waits for an image that is being fetched", facts([container({ image: { state: "fetching", failures: 0 } })]), []],
    ["starts a container whose image is there", facts([container()]), [startWeb]],
    ["does not repeat a start that has begun", facts([container({ run: { state: "starting" } })]), []],
    [
      "kills a running container that lost its network (11 A10)",
      facts([container({ run: { ...running(), networkLost: true } })]),
      [{ do: "endContainer", container: "web", containerId: running().containerId, failedProbe: undefined }],
    ],
    ["has no step for a running container", facts([container({ run: running() })]), []],
    ["makes the first restart at once", facts([container(ended(1))]), [startWeb]],
    [
      "delays the second restart by 10 s",
      facts([container({ ...ended(1), restarts: 1 })]),
      [reconcileAt(NOW + 10_000)],
    ],
    [
      "makes the second restart after 10 s",
      facts([container({ ...ended(1, { endedAt: NOW - 10_000 }), restarts: 1 })]),
      [startWeb],
    ],
    [
      "does not delay the restart of a container that ran for ten minutes",
      facts([container({ ...ended(1, { ranMs: 600_000 }), restarts: 7 })]),
      [startWeb],
    ],
    ["restarts a container that exited with 0", facts([container(ended(0))]), [startWeb]],
    [
      "reconciles 2 s after a failed pull, when the status changes to back-off",
      facts([container({ image: failedImage(1, NOW) })]),
      [reconcileAt(NOW + 2_000)],
    ],
    [
      "waits 10 s after a failed pull",
      facts([container({ image: failedImage(1, NOW - 2_000) })]),
      [reconcileAt(NOW + 8_000)],
    ],
    ["repeats a pull 10 s after it failed", facts([container({ image: failedImage(1, NOW - 10_000) })]), [fetchWeb]],
    [
      "does not repeat the pull of an invalid image name",
      facts([container({ image: failedImage(1, NOW - 10_000, "InvalidImageName") })]),
      [],
    ],
    [
      "repeats a blocked start after 5 s",
      facts([container({ blocked: { reason: "r", message: "m", at: NOW } })]),
      [reconcileAt(NOW + 5_000)],
    ],
    [
      "opens the sandbox of a pod of several containers first",
      facts([container(), container({ name: "b" })], { sandbox: "none" }),
      [{ do: "openSandbox" }],
    ],
    ["starts nothing while the sandbox opens", facts([container()], { sandbox: "opening" }), []],
    [
      "opens a sandbox again 5 s after it failed",
      facts([container()], { sandbox: "none", sandboxFailedAt: NOW - 1_000 }),
      [reconcileAt(NOW + 4_000)],
    ],
    [
      "kills running containers whose sandbox was lost",
      facts([container({ run: running() })], { sandbox: "none" }),
      [{ do: "endContainer", container: "web", containerId: "c1" }, { do: "openSandbox" }],
    ],
    [
      "ends a container whose liveness probe failed",
      facts([container({ run: running({ failedProbe: "Liveness" }) })]),
      [{ do: "endContainer", container: "web", containerId: "c1", failedProbe: "Liveness" }],
    ],
    ["ends a container only once", facts([container({ run: running({ failedProbe: "Liveness", ending: true }) })]), []],
    [
      "starts init containers one after the other",
      facts([initContainer("a", ended(0)), initContainer("b"), initContainer("c"), container()]),
      [{ do: "start", container: "b" }],
    ],
    [
      "starts all other containers after the last init container",
      facts([initContainer("a", ended(0)), container(), container({ name: "b" })]),
      [startWeb, { do: "start", container: "b" }],
    ],
    [
      "repeats a failed init container",
      facts([initContainer("a", ended(2)), container()]),
      [{ do: "start", container: "a" }],
    ],
    [
      "fetches images while init containers run",
      facts([initContainer("a", { run: running() }), container({ image: { state: "unknown" } })]),
      [fetchWeb],
    ],
    [
      "thaws the container of a frozen pod in place of a start",
      facts([container({ frozen: { containerId: "c0", image } })]),
      [{ do: "thaw", container: "web" }],
    ],
    ["has no step for a pod that stops", facts([container()], { stopping: true }), []],
  ])("the plan of a pod %s", (_, given, expected) => {
    expect(planPod(given, NOW)).toEqual(expected);
  });
});
