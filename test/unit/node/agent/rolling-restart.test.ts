// Tests the order of restarts with instances whose restart the test ends.
import { expect, test } from "vitest";
import { RollingRestart } from "../../../../src/node/agent/rolling-restart.ts";
import type { PodInstance, RestartOutcome } from "../../../../src/node/kubelet/pod/pod-instance.ts";

class FakeInstance {
  readonly pod: unknown;
  needsRestart = true;
  condition: RestartOutcome | undefined = "served";
  end: (outcome: RestartOutcome) => void = () => {};

  constructor(name: string, revision = "r1") {
    this.pod = { metadata: { namespace: "default", name, labels: { "serving.knative.dev/revision": revision } } };
  }

  restart(): Promise<RestartOutcome> {
    this.needsRestart = false;
    this.condition = undefined;
    return new Promise((resolve) => {
      this.end = (outcome) => {
        this.condition = outcome;
        resolve(outcome);
      };
    });
  }

  get isRestarting(): boolean {
    return !this.needsRestart && this.condition === undefined;
  }
}

const roll = (...instances: FakeInstance[]): RollingRestart =>
  new RollingRestart(() => instances as unknown as readonly PodInstance[]);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("one instance restarts after the other, and those that take no requests come first", async () => {
  const [a, b, c] = [new FakeInstance("a"), new FakeInstance("b"), new FakeInstance("c")];
  b.condition = undefined;
  const done = roll(a, b, c).run();
  for (const [index, instance] of [b, a, c].entries()) {
    await turn();
    expect([a, b, c].filter(({ isRestarting }) => isRestarting)).toEqual([instance]);
    expect([a, b, c].filter(({ needsRestart }) => needsRestart)).toHaveLength(2 - index);
    instance.end("served");
  }
  expect(await done).toEqual([]);
});

test("after a failed restart the other instances keep the old code until the failed one restarts", async () => {
  const [a, b] = [new FakeInstance("a"), new FakeInstance("b")];
  const restarts = roll(a, b);
  const first = restarts.run();
  await turn();
  a.end({ failed: "exits with code 1" });
  expect(await first).toEqual(["default/a: exits with code 1"]);
  expect(await restarts.run()).toEqual(["default/a: exits with code 1"]);
  expect(b.needsRestart).toBe(true);
  a.needsRestart = true;
  const second = restarts.run();
  await turn();
  a.end("served");
  await turn();
  b.end("served");
  expect(await second).toEqual([]);
});

test("a failing instance of an older revision does not hold back those of the newest one", async () => {
  const [old, other, current] = [new FakeInstance("old"), new FakeInstance("other"), new FakeInstance("current", "r2")];
  old.needsRestart = false;
  old.condition = { failed: "exits with code 1" };
  const done = roll(old, other, current).run();
  await turn();
  expect([other.isRestarting, current.isRestarting]).toEqual([false, true]);
  current.end("served");
  expect(await done).toEqual(["default/old: exits with code 1"]);
});

test("two requests never restart two instances at a time, and a restart that is requested meanwhile is carried out", async () => {
  const [a, b] = [new FakeInstance("a"), new FakeInstance("b")];
  b.needsRestart = false;
  const restarts = roll(a, b);
  const first = restarts.run();
  await turn();
  b.needsRestart = true;
  const second = restarts.run();
  await turn();
  expect([a.isRestarting, b.needsRestart]).toEqual([true, true]);
  a.end("gone");
  await turn();
  b.end("served");
  expect(await Promise.all([first, second])).toEqual([[], []]);
});
