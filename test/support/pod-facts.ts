// Builds the facts that the kubelet's plan, reducer and status use.
import type { ContainerFacts, ExitFacts, PodFacts, RunningFacts } from "../../src/node/kubelet/pod/pod-facts.ts";

/** The present time of these facts, on the node's clock. */
export const NOW = 1_000_000;
/** A time of the API objects. */
export const AT = "2026-01-01T00:00:00Z";

export const image = { reference: "img:1", imageId: "sha256:1", user: "", stopSignal: "SIGTERM" };

export const exit = (more: Partial<ExitFacts> = {}): ExitFacts => ({
  exitCode: 1,
  reason: "Error",
  message: "boom",
  finishedAt: AT,
  endedAt: NOW,
  ranMs: 500,
  containerId: "c1",
  ...more,
});

export const running = (more: Partial<RunningFacts> = {}): RunningFacts => ({
  state: "running",
  containerId: "c1",
  startedAt: AT,
  at: NOW,
  engine: undefined,
  started: true,
  ready: true,
  ...more,
});

/** A container named `web` whose image is there and which has not started yet. */
export const container = ({ name = "web", ...more }: Partial<ContainerFacts> = {}): ContainerFacts => ({
  name,
  init: false,
  spec: { name, image: "img:1" },
  image: { state: "here" },
  usable: image,
  run: { state: "none" },
  restarts: 0,
  ...more,
});

export const initContainer = (name: string, more: Partial<ContainerFacts> = {}): ContainerFacts =>
  container({ name, init: true, ...more });

/** A pod of these containers and queue-proxy. */
export const podFacts = (containers: readonly ContainerFacts[], more: Partial<PodFacts> = {}): PodFacts => ({
  pod: {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "ns", uid: "u", resourceVersion: "1", creationTimestamp: AT },
    spec: {
      restartPolicy: "Always",
      containers: [
        ...containers.filter(({ init }) => !init).map(({ spec }) => spec),
        { name: "queue-proxy", image: "q" },
      ],
    },
  },
  stopping: false,
  sandbox: "unneeded",
  address: "10.1.1.1",
  containers,
  startTimes: {},
  ...more,
});

/** An image that could not be fetched. */
export const failedImage = (failures: number, failedAt: number, reason = "ErrImagePull"): ContainerFacts["image"] => ({
  state: "failed",
  failure: { reason, message: "no route", failures, failedAt },
});
