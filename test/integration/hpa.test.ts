// Tests the HPA class on real processes: CPU usage decides the number of pods.
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openSession } from "../support/session.ts";

/** The metric is sampled every 15 s and this autoscaler decides every 15 s; this allows several decisions. */
const SEVERAL_DECISIONS_MS = 75_000;

test("a busy process is scaled up to max-scale under class hpa.autoscaling.knative.dev", async () => {
  await using session = await openSession("process");
  await session.deploy("burner", {
    annotations: {
      "autoscaling.knative.dev/class": "hpa.autoscaling.knative.dev",
      "autoscaling.knative.dev/metric": "cpu",
      "autoscaling.knative.dev/target": "50",
      "autoscaling.knative.dev/max-scale": "3",
    },
    container: { resources: { requests: { cpu: "100m" } } },
  });
  await session.ready("burner");
  expect(await session.pods("burner")).toHaveLength(1);
  const burning = session.fetch("burner", `/burn?ms=${SEVERAL_DECISIONS_MS / 2}`);
  await eventually(async () => expect(await session.pods("burner")).toHaveLength(3), SEVERAL_DECISIONS_MS, 500);
  const pa = await session.emulator.client.get({
    kind: "PodAutoscaler.autoscaling.internal.knative.dev",
    namespace: "default",
    name: "burner-00001",
  });
  expect(pa?.status).toMatchObject({ desiredScale: 3 });
  expect((await burning).status).toBe(200);
});
