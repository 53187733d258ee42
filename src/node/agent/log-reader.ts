// Reads the logs of pods for the API. After restarts for synced files, a stream goes on with the next start, because
// the person who saves files also watches the log. Otherwise it ends with the container, as in Kubernetes.
import type { PodLogOptions, PodLogs } from "../../api-server/pod-logs.ts";
import { QUEUE_PROXY, servingContainer } from "../../apis/core/pod.ts";
import type { Pod } from "../../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import { sleep } from "../../base/sleep.ts";
import type { Kubelet } from "../kubelet/kubelet.ts";
import type { PodInstance } from "../kubelet/pod/pod-instance.ts";
import type { LogRing } from "../runtime/log-ring.ts";
import type { ContainerRuntime, LogLine, LogOptions } from "../runtime/runtime.ts";
import type { RequestLogs } from "./request-logs.ts";

type Containers = Pick<Kubelet, "containersOf" | "instances">;

const POLL_MS = 20;

interface PodLogParts {
  readonly runtime: Pick<ContainerRuntime, "logs">;
  readonly kubelet: Containers;
  readonly requestLogs: Pick<RequestLogs, "of">;
}

export function makePodLogs({ runtime, kubelet, requestLogs }: PodLogParts): PodLogs {
  return (pod, wanted) => {
    if (wanted.container === QUEUE_PROXY)
      return wanted.previous ? undefined : readRequestLog(requestLogs.of(pod.metadata.uid ?? ""), wanted);
    const [, before] = kubelet.containersOf(keyOf(pod) as ObjectKey<"Pod">, wanted.container);
    return wanted.previous && before === undefined ? undefined : readLogs(runtime, kubelet, pod, wanted);
  };
}

async function* readRequestLog(log: LogRing | undefined, wanted: PodLogOptions): AsyncGenerator<string> {
  for await (const line of log?.read(readOptions(wanted)) ?? []) yield textOf(line, wanted);
}

/** Times are those of the container runtime's clock, which is not the session's if time is virtual. */
function readOptions({ follow = false, tail, sinceSeconds, sinceTime, signal }: PodLogOptions): LogOptions {
  const oldest = sinceTime ?? (sinceSeconds === undefined ? undefined : Date.now() - sinceSeconds * 1000);
  return { follow, signal, tail, since: oldest === undefined ? undefined : new Date(oldest).toISOString() };
}

function textOf({ time, text }: LogLine, { timestamps }: PodLogOptions): string {
  return timestamps ? `${time} ${text}` : text;
}

async function* readLogs(
  runtime: Pick<ContainerRuntime, "logs">,
  kubelet: Containers,
  pod: Pod,
  wanted: PodLogOptions,
): AsyncGenerator<string> {
  const { follow = false, signal } = wanted;
  const currentId = (): string | undefined =>
    kubelet.containersOf(keyOf(pod) as ObjectKey<"Pod">, wanted.container)[wanted.previous ? 1 : 0];
  let options = readOptions(wanted);
  let last = "";
  for (let id = currentId(); id !== undefined; ) {
    const instance = followedInstance(kubelet, pod, wanted);
    const { restarts = 0 } = instance ?? {};
    for await (const line of newLines(runtime.logs(id, options), last)) {
      last = line.time;
      yield textOf(line, wanted);
    }
    if (!instance || !(await isStartedAgain(instance, restarts, signal))) return;
    const next = currentId();
    // The log of the same container contains the lines of earlier starts.
    options = { follow, signal, ...(next === id && last !== "" && { since: last }) };
    if (next !== id) last = "";
    id = next;
  }
}

/** Leaves out the lines up to a time, because the engine compares times less exactly. */
async function* newLines(lines: AsyncIterable<LogLine>, after: string): AsyncGenerator<LogLine> {
  let isNew = after === "";
  for await (const line of lines) {
    isNew ||= withoutZone(line.time) > withoutZone(after);
    if (isNew) yield line;
  }
}

/** Engines cut zeros at the end of the fraction, so a time is comparable as text without its last letter. */
function withoutZone(time: string): string {
  return time.replace(/Z$/, "");
}

/** Returns undefined if the stream ends with the container. */
function followedInstance(
  { instances }: Containers,
  { metadata, spec }: Pod,
  { follow, previous, container }: PodLogOptions,
): PodInstance | undefined {
  if (!follow || previous || servingContainer(spec.containers)?.name !== container) return undefined;
  return instances.find(({ pod }) => pod.metadata.uid === metadata.uid);
}

/** Waits for the next start. Resolves with false if there is none for synced files. */
async function isStartedAgain(instance: PodInstance, restarts: number, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted && instance.hasRestarts) {
    if (instance.restarts > restarts && instance.hasStarted) return true;
    await sleep(POLL_MS, signal);
  }
  return false;
}
