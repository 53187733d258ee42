// Computes the status of a pod from its facts, with Kubernetes' reasons and texts. Pure.
// Source: k8s.io/kubernetes/pkg/kubelet/status/generate.go, kubelet_pods.go.
import { QUEUE_PROXY } from "../../../apis/core/pod.ts";
import type { ContainerState, ContainerStatus, CoreCondition, PodPhase, PodStatus } from "../../../apis/core/types.ts";
import type { Time } from "../../../base/clock.ts";
import { qosClass } from "../spec/qos-spec.ts";
import type { ContainerFacts, ExitFacts, PodFacts } from "./pod-facts.ts";
import { backOffMs, failedRestarts, hasSucceeded, PULL_ERROR_SHOWN_MS, restartAt } from "./pod-plan.ts";
import { podIPOf, queueProxyFacts } from "./reduce-pod.ts";

export interface StatusFrame {
  /** The status in the store, for transition times. */
  readonly previous: PodStatus | undefined;
  /** RFC 3339, by the clock of API objects. */
  readonly at: string;
  /** By the node's clock. */
  readonly now: Time;
  readonly hostIP: string;
  readonly runtimeName: string;
}

/** Equal facts give an equal status at any time, except that `ErrImagePull` becomes `ImagePullBackOff`. */
export function makePodStatus(facts: PodFacts, frame: StatusFrame): PodStatus {
  const init = facts.containers.filter((container) => container.init);
  const main = facts.containers.filter((container) => !container.init);
  const initialized = init.every(hasSucceeded);
  const statuses = [
    ...main.map((container) => containerStatus(facts, container, frame, initialized)),
    ...proxyStatus(facts, main),
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  const phase = phaseOf(facts, init, main);
  const startTime = frame.previous?.startTime ?? frame.at;
  const podIP = podIPOf(facts);
  return {
    phase,
    conditions: conditions({ facts, frame, init, unready, hasAddress: podIP !== undefined, phase }),
    hostIP: frame.hostIP,
    ...(podIP !== undefined && { podIP, podIPs: [{ ip: podIP }] }),
    startTime,
    ...(init.length > 0 && {
      initContainerStatuses: init.map((container) => containerStatus(facts, container, frame, true)),
    }),
    containerStatuses: statuses,
    qosClass: qosClass(facts.pod),
  };
}

/** As Kubernetes' getPhase: a pod whose containers do not start again has an end. */
function phaseOf(facts: PodFacts, init: readonly ContainerFacts[], main: readonly ContainerFacts[]): PodPhase {
  const policy = facts.pod.spec.restartPolicy ?? "Always";
  const hasExited = ({ run }: ContainerFacts): boolean => run.state === "exited";
  if (policy === "Never" && init.some((container) => hasExited(container) && !hasSucceeded(container))) return "Failed";
  if (policy !== "Always" && main.every(hasExited)) {
    if (main.every(hasSucceeded)) return "Succeeded";
    if (policy === "Never") return "Failed";
  }
  return main.some((container) => container.run.state === "running" || hasExited(container)) ? "Running" : "Pending";
}

const MESSAGE_LINES = 80;
const MESSAGE_BYTES = 2_048;

/** Returns the last 80 lines or 2048 bytes of a log, whichever is less, as FallbackToLogsOnError does. */
export function fallbackMessage(lines: readonly string[]): string {
  const text = lines
    .slice(-MESSAGE_LINES)
    .map((line) => `${line}\n`)
    .join("");
  const bytes = Buffer.from(text);
  return bytes.length <= MESSAGE_BYTES ? text : bytes.subarray(bytes.length - MESSAGE_BYTES).toString("utf8");
}

function containerStatus(
  facts: PodFacts,
  container: ContainerFacts,
  frame: StatusFrame,
  isNext: boolean,
): ContainerStatus {
  const running = container.run.state === "running" ? container.run : undefined;
  const started = running?.started ?? false;
  const done = container.init && hasSucceeded(container);
  const state = stateOf(facts, container, frame.now, isNext);
  const last = state.terminated ? container.last : lastExit(container);
  const id = running?.containerId ?? (container.run.state === "exited" ? container.run.exit.containerId : undefined);
  return {
    name: container.name,
    state,
    ...(last && { lastState: { terminated: terminated(last) } }),
    ready: done || (started && (running?.ready ?? false) && container.finding === undefined),
    started,
    restartCount: container.restarts,
    image: container.spec.image ?? "",
    imageID: container.usable?.imageId ?? "",
    ...(id !== undefined && { containerID: `${frame.runtimeName}://${id}` }),
  };
}

function lastExit({ run, last }: ContainerFacts): ExitFacts | undefined {
  return run.state === "exited" ? run.exit : last;
}

function stateOf(facts: PodFacts, container: ContainerFacts, now: Time, isNext: boolean): ContainerState {
  const { run, image, blocked, finding } = container;
  if (run.state === "running") {
    return finding ? { waiting: finding } : { running: { startedAt: run.startedAt } };
  }
  if (run.state === "exited") return exitedState(facts, container, run.exit);
  if (image.state === "failed") return { waiting: imageWaiting(container, now) };
  if (blocked) return { waiting: { reason: blocked.reason, message: blocked.message } };
  return { waiting: { reason: isNext ? "ContainerCreating" : "PodInitializing" } };
}

/** Returns `CrashLoopBackOff` if the container restarts after a delay, else `terminated`. */
function exitedState(facts: PodFacts, container: ContainerFacts, exit: ExitFacts): ContainerState {
  const again = restartAt(container, facts.pod.spec.restartPolicy ?? "Always");
  const delayMs = backOffMs(failedRestarts(container));
  if (again === undefined || delayMs === 0) return { terminated: terminated(exit) };
  const { name, namespace, uid } = facts.pod.metadata;
  const message = `back-off ${delayText(delayMs)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
  return { waiting: { reason: "CrashLoopBackOff", message } };
}

function imageWaiting({ image, spec }: ContainerFacts, now: Time): { reason: string; message: string } {
  if (image.state !== "failed") return { reason: "ContainerCreating", message: "" };
  const { reason, message, failedAt } = image.failure;
  if (reason !== "ErrImagePull" || now < failedAt + PULL_ERROR_SHOWN_MS) return { reason, message };
  return { reason: "ImagePullBackOff", message: `Back-off pulling image "${spec.image}": ${reason}: ${message}` };
}

function terminated(exit: ExitFacts): NonNullable<ContainerState["terminated"]> {
  return {
    // The field is an int32; an exit code of Windows can be greater, for example 3221225477.
    exitCode: exit.exitCode | 0,
    reason: exit.reason,
    ...(exit.message && { message: exit.message }),
    ...(exit.startedAt !== undefined && { startedAt: exit.startedAt }),
    finishedAt: exit.finishedAt,
    ...(exit.containerId !== undefined && { containerID: exit.containerId }),
  };
}

/**
 * Returns the status of queue-proxy, which knap does not run as a container: running as soon as a container of the pod
 * runs.
 */
function proxyStatus(facts: PodFacts, main: readonly ContainerFacts[]): readonly ContainerStatus[] {
  const container = facts.pod.spec.containers.find(({ name }) => name === QUEUE_PROXY);
  if (!container) return [];
  const first = main.map(({ run }) => run).find((run) => run.state === "running");
  const running = first?.state === "running";
  return [
    {
      name: QUEUE_PROXY,
      state: running ? { running: { startedAt: first.startedAt } } : { waiting: { reason: "ContainerCreating" } },
      ready: running && (queueProxyFacts(facts)?.ready ?? false),
      started: running,
      restartCount: 0,
      image: container.image ?? "",
      imageID: "",
    },
  ];
}

function conditions(parts: {
  readonly facts: PodFacts;
  readonly frame: StatusFrame;
  readonly init: readonly ContainerFacts[];
  readonly unready: readonly string[];
  readonly hasAddress: boolean;
  readonly phase: PodPhase;
}): readonly CoreCondition[] {
  const { facts, frame, init, unready, hasAddress, phase } = parts;
  const waiting = init.filter((container) => !hasSucceeded(container)).map(({ name }) => name);
  const initialized: CoreCondition =
    waiting.length === 0
      ? { type: "Initialized", status: "True", ...(phase === "Succeeded" && { reason: "PodCompleted" }) }
      : {
          type: "Initialized",
          status: "False",
          reason: "ContainersNotInitialized",
          message: `containers with incomplete status: [${waiting.join(" ")}]`,
        };
  const findings = facts.containers.flatMap(({ finding }) => finding?.message ?? []);
  const probes = facts.containers.flatMap(({ run }) => (run.state === "running" && run.probeFailure) || []);
  const why = [...findings, ...probes, queueProxyFacts(facts)?.message || []]
    .flat()
    .map((text) => `; ${text}`)
    .join("");
  const readiness = readinessOf(phase, unready, why);
  const made: readonly CoreCondition[] = [
    { type: "PodReadyToStartContainers", status: hasAddress ? "True" : "False" },
    initialized,
    { type: "Ready", ...readiness },
    { type: "ContainersReady", ...readiness },
    // The scheduler writes this condition.
    frame.previous?.conditions?.find(({ type }) => type === "PodScheduled") ?? { type: "PodScheduled", status: "True" },
  ];
  return made.map((condition) => withTime(condition, frame.previous, frame.at));
}

function readinessOf(
  phase: PodPhase,
  unready: readonly string[],
  why: string,
): Pick<CoreCondition, "status" | "reason" | "message"> {
  if (phase === "Succeeded") return { status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { status: "False", reason: "PodFailed" };
  if (unready.length === 0) return { status: "True" };
  const message = `containers with unready status: [${unready.join(" ")}]${why}`;
  return { status: "False", reason: "ContainersNotReady", message };
}

function withTime(condition: CoreCondition, previous: PodStatus | undefined, at: string): CoreCondition {
  const old = previous?.conditions?.find(({ type }) => type === condition.type);
  const kept = old?.status === condition.status ? old.lastTransitionTime : undefined;
  return { ...condition, lastTransitionTime: kept ?? at };
}

/** Formats a duration as Go does: `10s`, `2m40s`, `5m0s`. */
function delayText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
