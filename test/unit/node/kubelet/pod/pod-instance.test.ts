// Tests when the restart of an instance ends. The test sends the events of its container.
import { expect, test } from "vitest";
import type { PodEvent } from "../../../../../src/node/kubelet/pod/pod-events.ts";
import type { PodFacts } from "../../../../../src/node/kubelet/pod/pod-facts.ts";
import { PodInstance } from "../../../../../src/node/kubelet/pod/pod-instance.ts";
import { planPod } from "../../../../../src/node/kubelet/pod/pod-plan.ts";
import { reducePod } from "../../../../../src/node/kubelet/pod/reduce-pod.ts";
import { container, exit, NOW, podFacts, running } from "../../../../support/pod-facts.ts";

const requested = { type: "restartRequested", container: "web", reason: "files were synced", isNew: false } as const;

test("a restart whose process never serves ends as soon as another restart is requested", async () => {
  let facts = podFacts([container({ run: running({ queueProxy: { ready: true } }) })]);
  const state = {
    get facts(): PodFacts {
      return facts;
    },
    send(event: PodEvent): void {
      facts = reducePod(facts, event);
      instance.check();
      for (const step of planPod(facts, NOW)) facts = reducePod(facts, { type: "stepTaken", step });
    },
  };
  const instance = new PodInstance({ runtime: {} as never }, state, () => undefined);
  state.send(requested);
  const outcomes: unknown[] = [];
  const first = instance.restart().then((outcome) => outcomes.push(outcome));
  state.send(requested);
  state.send({ type: "exited", container: "web", exit: exit() });
  await new Promise((resolve) => setImmediate(resolve));
  expect([outcomes, instance.needsRestart]).toEqual([[], false]);
  state.send(requested);
  await Promise.race([first, new Promise((resolve) => setImmediate(resolve))]);
  expect([outcomes, instance.needsRestart]).toEqual([["outdated"], true]);
});
