// Tests requested restarts of a container: a list of events is the input, facts, steps and status are the output.
import { expect, test } from "vitest";
import type { PodEvent } from "../../../../../src/node/kubelet/pod/pod-events.ts";
import type { ContainerFacts, PodFacts } from "../../../../../src/node/kubelet/pod/pod-facts.ts";
import { noticeOf } from "../../../../../src/node/kubelet/pod/pod-notices.ts";
import { planPod } from "../../../../../src/node/kubelet/pod/pod-plan.ts";
import { makePodStatus } from "../../../../../src/node/kubelet/pod/pod-status.ts";
import { reducePod } from "../../../../../src/node/kubelet/pod/reduce-pod.ts";
import { AT, container, exit, NOW, podFacts, running } from "../../../../support/pod-facts.ts";

const events = (facts: PodFacts, ...list: readonly PodEvent[]): PodFacts => list.reduce(reducePod, facts);
const requested = (isNew = false) =>
  ({ type: "restartRequested", container: "web", reason: "files were synced", isNew }) as const;
const due = { type: "restartDue", container: "web" } as const;
const exited = (more = {}) => ({ type: "exited", container: "web", exit: exit(more) }) as const;
const runs = {
  type: "running",
  container: "web",
  containerId: "c1",
  startedAt: AT,
  engine: undefined,
  address: "",
  at: NOW + 9,
} as const;
const serving = (more: Partial<ContainerFacts> = {}): PodFacts =>
  podFacts([container({ run: running({ queueProxy: { ready: true } }), ...more })]);
const web = ({ containers: [first] }: PodFacts): ContainerFacts => first as ContainerFacts;
/** Plans and marks every step as taken, as the pod worker does. */
const step = (facts: PodFacts) => {
  const steps = planPod(facts, NOW);
  return { steps, facts: events(facts, ...steps.map((one) => ({ type: "stepTaken", step: one }) as const)) };
};
const statusOf = (facts: PodFacts) => {
  const frame = { previous: undefined, at: AT, now: NOW, hostIP: "", runtimeName: "docker" };
  const { containerStatuses = [], conditions = [] } = makePodStatus(facts, frame);
  return {
    container: containerStatuses.find(({ name }) => name === "web"),
    ready: conditions.find(({ type }) => type === "Ready")?.status,
  };
};

test("a requested restart waits until it is due, and then makes the pod unready before it ends the container", () => {
  const asked = events(serving(), requested());
  expect(planPod(asked, NOW)).toEqual([]);
  expect(statusOf(asked).ready).toBe("True");
  const begun = events(asked, due);
  expect(statusOf(begun).ready).toBe("False");
  const { steps, facts } = step(begun);
  expect(steps).toEqual([{ do: "endForRestart", container: "web", containerId: "c1" }]);
  expect(planPod(facts, NOW)).toEqual([]);
});

test("the same container starts again at once, counts as a restart and is no failure", () => {
  const ended = events(step(events(serving(), requested(), due)).facts, exited({ exitCode: 137 }));
  expect(statusOf(ended).container).toMatchObject({
    restartCount: 1,
    state: { waiting: { reason: "ContainerCreating" } },
  });
  expect(statusOf(ended).container).not.toHaveProperty("lastState");
  const again = step(ended);
  expect(again.steps).toEqual([{ do: "startAgain", container: "web", containerId: "c1" }]);
  expect(noticeOf(runs, again.facts)).toEqual({
    type: "Normal",
    reason: "Restarted",
    message: "Restarted container web: files were synced",
  });
  const after = events(again.facts, runs);
  expect(web(after)).toMatchObject({ restart: undefined, run: { state: "running", at: NOW + 9 } });
  expect(planPod(after, NOW)).toEqual([]);
  expect(noticeOf(runs, after)).toBeUndefined();
});

test("a new container replaces the old one if the restart asks for it", () => {
  const begun = events(serving(), requested(), requested(true), requested(false), due);
  const ended = events(step(begun).facts, exited());
  expect(step(ended).steps).toEqual([{ do: "start", container: "web" }]);
});

test("requested restarts do not count for the back-off of a later crash", () => {
  let facts = serving({ restarts: 4 });
  for (let save = 0; save < 3; save++) {
    facts = step(events(step(events(facts, requested(), due)).facts, exited())).facts;
    facts = events(facts, runs);
  }
  const crashed = events(facts, exited());
  expect(web(crashed).restarts).toBe(7);
  expect(step(crashed).steps).toEqual([{ do: "start", container: "web" }]);
  const twice = events(step(crashed).facts, runs, exited());
  expect(step(twice).steps).toEqual([{ do: "reconcileAt", at: NOW + 10_000 }]);
  expect(statusOf(twice).container?.state?.waiting?.reason).toBe("CrashLoopBackOff");
});

test("a container in back-off starts at once when a restart is due", () => {
  const waiting = podFacts([container({ run: { state: "exited", exit: exit() }, restarts: 5, last: exit() })]);
  expect(step(waiting).steps).toEqual([{ do: "reconcileAt", at: NOW + 160_000 }]);
  const begun = events(waiting, requested(), due);
  expect(step(begun).steps).toEqual([{ do: "start", container: "web" }]);
  expect(statusOf(begun).container).not.toHaveProperty("lastState");
});

test("a container that cannot be created is tried again at once when a restart is due", () => {
  const blocked = podFacts([container({ blocked: { reason: "r", message: "m", at: NOW }, startFailures: 3 })]);
  expect(step(events(blocked, requested(), due)).steps).toEqual([{ do: "start", container: "web" }]);
});

test("a container that starts is restarted when it runs, and one that does not exist yet is not", () => {
  const starting = podFacts([container({ run: { state: "starting", containerId: "c1" } })]);
  const begun = events(starting, requested(), due);
  expect(planPod(begun, NOW)).toEqual([]);
  expect(planPod(events(begun, runs), NOW)).toMatchObject([{ do: "endForRestart" }]);
  const absent = podFacts([container({ image: { state: "fetching", failures: 0 } })]);
  expect(events(absent, requested(), due)).toEqual(absent);
});

test("a crash before the restart is due starts a new container, which needs no restart", () => {
  const crashed = step(events(serving(), requested(), exited()));
  expect(crashed.steps).toEqual([{ do: "start", container: "web" }]);
  expect(web(crashed.facts).restart).toBeUndefined();
  expect(noticeOf(runs, crashed.facts)).toBeUndefined();
});
