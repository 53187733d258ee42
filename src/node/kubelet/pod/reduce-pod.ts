// Computes the new facts of a pod from its facts and an event. Pure.
import { type StoredPod, servingContainer, userContainers } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import { hasProbeHandler } from "../../../apis/core/probe.ts";
import type { Time } from "../../../base/clock.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { ContainerEvent, PodEvent, RunningEvent } from "./pod-events.ts";
import type { ContainerFacts, ExitFacts, FrozenContainer, PodFacts, RunningFacts, StartTimes } from "./pod-facts.ts";
import type { PodStep } from "./pod-plan.ts";
import { beginRestart, endRestarted, requestRestart, startRestarted } from "./reduce-restart.ts";

export interface FirstFacts {
  readonly pod: StoredPod;
  readonly at: Time;
  readonly sandbox: PodFacts["sandbox"];
  readonly address: string;
  /** The containers, by name, of the frozen pod that this pod continues; undefined: this pod starts anew. */
  readonly frozen: ReadonlyMap<string, FrozenContainer> | undefined;
  /** Returns the image of a container if the engine has it. */
  readonly knownImage: (container: Container) => UsableImage | undefined;
}

/** Returns the facts of a pod that the node has just accepted. A frozen pod does not run init containers again. */
export function firstFacts({ pod, at, sandbox, address, frozen, knownImage }: FirstFacts): PodFacts {
  const make =
    (init: boolean) =>
    (spec: Container): ContainerFacts => {
      const name = spec.name ?? "";
      const usable = knownImage(spec);
      const image = { state: usable ? "here" : "unknown" } as const;
      return { name, init, spec, image, usable, run: { state: "none" }, restarts: 0, frozen: frozen?.get(name) };
    };
  const init = frozen ? [] : (pod.spec.initContainers ?? []);
  const containers = [...init.map(make(true)), ...userContainers(pod).map(make(false))];
  return { pod, stopping: false, sandbox, address, containers, startTimes: { accepted: at } };
}

/** Returns the facts after an event; the input itself (same reference) if the event no longer applies. */
export function reducePod(facts: PodFacts, event: PodEvent): PodFacts {
  switch (event.type) {
    case "podChanged":
      return { ...facts, pod: event.pod };
    case "stopRequested":
      return { ...facts, stopping: true };
    case "retryRequested":
      return { ...facts, sandboxFailedAt: undefined, containers: facts.containers.map(retryNow) };
    case "stepTaken":
      return takeStep(facts, event.step);
    case "sandboxReady":
      return { ...facts, sandbox: "ready", sandboxFailedAt: undefined, sandboxFailures: 0, address: event.address };
    case "sandboxFailed":
      return {
        ...facts,
        sandbox: "none",
        sandboxFailedAt: event.at,
        sandboxFailures: (facts.sandboxFailures ?? 0) + 1,
      };
    case "sandboxLost":
      return { ...facts, sandbox: "none" };
    default:
      return reduceContainers(facts, event);
  }
}

/** Returns undefined for a pod without user containers. */
export function servingFacts({ pod, containers }: PodFacts): ContainerFacts | undefined {
  const name = servingContainer(pod.spec.containers)?.name;
  return containers.find((container) => !container.init && container.name === name);
}

/** Returns undefined until the port of the serving container has opened. */
export function queueProxyFacts(facts: PodFacts): RunningFacts["queueProxy"] {
  const run = servingFacts(facts)?.run;
  return run?.state === "running" ? run.queueProxy : undefined;
}

/** Returns `status.podIP`, as soon as the pod has its sandbox or its serving container runs. */
export function podIPOf(facts: PodFacts): string | undefined {
  return facts.sandbox === "ready" || servingFacts(facts)?.run.state === "running" ? facts.address : undefined;
}

function retryNow(container: ContainerFacts): ContainerFacts {
  return container.blocked
    ? { ...container, blocked: { ...container.blocked, at: Number.NEGATIVE_INFINITY } }
    : container;
}

/** Marks a step as in progress, so that it is not planned again. */
function takeStep(facts: PodFacts, step: PodStep): PodFacts {
  switch (step.do) {
    case "reconcileAt":
      return facts;
    case "openSandbox":
      return { ...facts, sandbox: "opening" };
    case "fetchImage":
      return changeContainer(facts, step.container, (container) => {
        const failures = container.image.state === "failed" ? container.image.failure.failures : 0;
        return { ...container, image: { state: "fetching", failures } };
      });
    case "thaw":
      return changeContainer(facts, step.container, (container) => ({
        ...container,
        image: { state: "here" },
        usable: container.frozen?.image,
        run: { state: "starting", containerId: container.frozen?.containerId },
      }));
    case "start":
      return changeContainer(facts, step.container, (container) => {
        const again =
          container.run.state === "exited" ? { last: container.run.exit, restarts: container.restarts + 1 } : {};
        return startRestarted({ ...container, ...again });
      });
    case "startAgain":
      return changeContainer(facts, step.container, startRestarted);
    case "endForRestart":
    case "endContainer":
      return changeContainer(facts, step.container, (container) =>
        container.run.state === "running" ? { ...container, run: { ...container.run, ending: true } } : container,
      );
  }
}

function changeContainer(
  facts: PodFacts,
  name: string,
  change: (container: ContainerFacts) => ContainerFacts,
): PodFacts {
  return { ...facts, containers: facts.containers.map((known) => (known.name === name ? change(known) : known)) };
}

function reduceContainers(facts: PodFacts, event: ContainerEvent): PodFacts {
  const old = facts.containers.find(({ name }) => name === event.container);
  const container = old && reduceContainer(old, event);
  if (!container || container === old) return facts;
  return {
    ...facts,
    containers: facts.containers.map((known) => (known === old ? container : known)),
    address: event.type === "running" ? event.address : facts.address,
    startTimes: mergeTimes(facts.startTimes, event),
  };
}

/** Earlier times win, so they describe the first start of the pod. Of the images of that start the last one counts. */
function mergeTimes(known: StartTimes, event: ContainerEvent): StartTimes {
  const isFirstFetch = event.type === "imageFetched" && known.created === undefined;
  return isFirstFetch ? { ...known, ...timeOf(event) } : { ...timeOf(event), ...known };
}

function timeOf(event: ContainerEvent): StartTimes {
  if (event.type === "imageFetched") return { imagesFetched: event.at };
  if (event.type === "created") return { created: event.at };
  if (event.type === "running") return { started: event.at };
  if (event.type === "queueProxyOpened") return { portOpen: event.at };
  return event.type === "readiness" && event.ok ? { probeOk: event.at } : {};
}

function reduceContainer(container: ContainerFacts, event: ContainerEvent): ContainerFacts {
  switch (event.type) {
    case "imageFetched":
      return { ...container, image: { state: "here" }, usable: event.image };
    case "imageFailed": {
      const failures = container.image.state === "fetching" ? container.image.failures + 1 : 1;
      const { reason, message, at: failedAt } = event;
      return { ...container, image: { state: "failed", failure: { reason, message, failures, failedAt } } };
    }
    case "imageMissing":
      return { ...container, image: { state: "unknown" }, run: { state: "none" } };
    case "imageProgress":
      return container;
    case "created": {
      const { run } = container;
      const restart = run.state === "starting" ? run.restart : undefined;
      return { ...container, run: { state: "starting", containerId: event.containerId, restart } };
    }
    case "blocked": {
      const { reason, message, at } = event;
      const startFailures = (container.startFailures ?? 0) + 1;
      return { ...container, run: { state: "none" }, blocked: { reason, message, at }, startFailures };
    }
    case "thawFailed":
      return { ...container, run: { state: "none" }, frozen: undefined };
    case "running":
      return { ...container, run: runningFacts(container.spec, event), startFailures: 0, frozen: undefined };
    case "exited":
      if (!belongsTo(container, event.exit.containerId)) return container;
      if (container.restart?.due) return endRestarted(container, event.exit.containerId);
      return { ...container, run: { state: "exited", exit: withCause(event.exit, container.run) } };
    case "restartRequested":
      return requestRestart(container, event);
    case "restartDue":
      return beginRestart(container);
    case "frozen":
      return { ...container, run: { state: "none" } };
    default:
      return reduceRunning(container, event);
  }
}

/** Returns true if an exit belongs to the current start. A start without a container has no id yet. */
function belongsTo({ run }: ContainerFacts, containerId: string | undefined): boolean {
  if (run.state === "starting") return run.containerId === undefined || run.containerId === containerId;
  return run.state === "running" && run.containerId === containerId;
}

function runningFacts(
  { startupProbe, readinessProbe }: Container,
  { containerId, startedAt, at, engine }: Pick<RunningFacts, "containerId" | "startedAt" | "at" | "engine">,
): RunningFacts {
  return {
    state: "running",
    containerId,
    startedAt,
    at,
    engine,
    started: !startupProbe || !hasProbeHandler(startupProbe),
    ready: readinessProbe?.exec === undefined,
  };
}

function reduceRunning(container: ContainerFacts, event: RunningEvent): ContainerFacts {
  const { run } = container;
  if (run.state !== "running" || run.containerId !== event.containerId) return container;
  const changed = (more: Partial<RunningFacts>): ContainerFacts => ({ ...container, run: { ...run, ...more } });
  switch (event.type) {
    case "inspected":
      return changed({ engine: event.engine });
    case "networkLost":
      return changed({ networkLost: true });
    case "startupPassed":
      return changed({ started: true, probeFailure: undefined });
    case "execReadiness":
      return changed({ ready: event.ready });
    case "probeFailed":
      return changed({
        failedProbe: event.kind,
        probeFailure: `${event.kind.toLowerCase()} probe of container "${container.name}" failed ${timesText(event.failures)}, and the container was stopped: ${event.message}`,
      });
    case "crashInjected":
      return changed({ crash: event.crash });
    case "portFinding":
      return {
        ...container,
        finding: event.reason === undefined ? undefined : { reason: event.reason, message: event.message },
      };
    case "queueProxyOpened":
      return changed({ queueProxy: { ready: false } });
    case "readiness":
      return changed({
        queueProxy: {
          ready: event.ok,
          message: event.ok ? undefined : `readiness probe of container "${container.name}" failed: ${event.message}`,
        },
      });
    case "probeFailedOnce":
      if (event.kind !== "Startup" || run.failedProbe !== undefined) return container;
      return changed({ probeFailure: `startup probe of container "${container.name}" failed: ${event.message}` });
  }
}

/** Adds to the message why the kubelet stopped the container, because the exit code does not show it. */
function withCause(exit: ExitFacts, run: ContainerFacts["run"]): ExitFacts {
  if (run.state !== "running") return exit;
  const { crash, networkLost, failedProbe, probeFailure } = run;
  const stopped = networkLost ? "the container lost its network, and was stopped" : failedProbe && probeFailure;
  const cause = crash?.message ?? stopped;
  if (!cause) return exit;
  const message = [cause, exit.message].filter((text) => text !== "").join("\n");
  return { ...exit, reason: crash?.reason ?? exit.reason, message };
}

function timesText(times: number): string {
  return times === 1 ? "once" : `${times} times`;
}
