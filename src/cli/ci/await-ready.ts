// Waits until every Service is Ready, one has failed, or the timeout ends.

import { namespacedName } from "../../apis/meta/key.ts";
import { DEFAULT_CONTAINER_ANNOTATION, SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Service } from "../../apis/serving/types.ts";
import type { Client } from "../../client/client.ts";
import type { Complaint } from "../cli-error.ts";
import { exitCodes } from "../exit-code.ts";
import { fixOf } from "../progress/progress-event.ts";

/** A Service whose Ready condition is False for this long counts as failed. */
const FALSE_FOR_MS = 2000;
const POLL_MS = 50;
const LAST_LINES = 10;

export interface ReadyOutcome {
  /** `namespace/name` */
  readonly service: string;
  readonly seconds: number;
  readonly problem?: Complaint | undefined;
}

/** A pod that waits for this long with one of the reasons below counts as failed. */
const STUCK_FOR_MS = 10_000;
const STUCK: ReadonlySet<string> = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "CreateContainerConfigError",
]);

type Readiness = "ready" | "failed" | "waiting";

/** The readiness of a Service. Conditions of an older generation do not count. Pure. */
function readinessOf(service: Service | undefined): Readiness {
  const ready = service?.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined || service?.status?.observedGeneration !== service?.metadata.generation) return "waiting";
  return ready.status === "True" ? "ready" : ready.status === "False" ? "failed" : "waiting";
}

interface Cause {
  readonly reason: string;
  readonly message: string;
}

async function causeOf(client: Client, service: Service): Promise<Cause> {
  const name = service.status?.latestCreatedRevisionName ?? "";
  const namespace = service.metadata.namespace ?? "";
  const revision = await client.get({ kind: "Revision.serving.knative.dev", namespace, name });
  const all = [...(revision?.status?.conditions ?? []), ...(service.status?.conditions ?? [])];
  const failing = all.find(({ type, status, severity }) => type !== "Ready" && status === "False" && !severity);
  const waiting = all.find(({ status, severity }) => status === "Unknown" && !severity);
  return { reason: failing?.reason ?? waiting?.reason ?? "", message: failing?.message ?? waiting?.message ?? "" };
}

/** Why a pod of the Service cannot start. A cluster reports this only at the progress deadline. */
async function stuckPod(client: Client, { metadata }: Service): Promise<Cause | undefined> {
  const { namespace = "", name } = metadata;
  const labels = { matchLabels: { [SERVICE_LABEL]: name } };
  const { items } = await client.list("Pod", { namespace, labels });
  const waiting = items.flatMap(({ status }) => (status?.containerStatuses ?? []).map(({ state }) => state?.waiting));
  const stuck = waiting.find((each) => each?.reason !== undefined && STUCK.has(each.reason));
  return stuck && { reason: stuck.reason ?? "", message: stuck.message ?? "" };
}

/** The last output of the Service's pods that the message does not contain; the session ends before it can be read. */
async function lastOutput(client: Client, { metadata }: Service, { message }: Cause): Promise<string> {
  const { namespace = "", name } = metadata;
  const { items } = await client.list("Pod", { namespace, labels: { matchLabels: { [SERVICE_LABEL]: name } } });
  for (const { metadata: pod } of items) {
    const lines: string[] = [];
    try {
      const container = pod.annotations?.[DEFAULT_CONTAINER_ANNOTATION];
      for await (const line of client.logs({ namespace, name: pod.name }, { container, tail: LAST_LINES }))
        lines.push(line);
    } catch {
      // A pod that has not started, or that is gone, has no output.
    }
    const fresh = lines.filter((line) => !message.includes(line));
    if (fresh.length > 0) return `\nlast output of ${pod.name}:\n${fresh.map((line) => `  ${line}`).join("\n")}`;
  }
  return "";
}

function problemOf(service: Service, { reason, message }: Cause, exitCode: number, how: string): Complaint {
  const fix = fixOf(reason, message, true);
  const why = [reason, message].filter((part) => part !== "").join(": ");
  return {
    exitCode,
    what: `Service ${service.metadata.name} ${how}`,
    why: why || undefined,
    fix,
  };
}

/** Returns a function that tells whether its argument has been true without interruption for the given time. */
function holdsFor(lastsMs: number): (isSo: boolean) => boolean {
  let since: number | undefined;
  return (isSo) => {
    since = isSo ? (since ?? performance.now()) : undefined;
    return since !== undefined && performance.now() - since >= lastsMs;
  };
}

/** Resolves with one outcome per Service as soon as one has failed or all are Ready. */
export async function awaitReady(
  client: Client,
  services: readonly Service[],
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<readonly ReadyOutcome[]> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const stop = new AbortController();
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline, stop.signal]);

  const one = async (wanted: Service): Promise<ReadyOutcome> => {
    const { namespace = "", name } = wanted.metadata;
    const service = namespacedName({ namespace, name });
    const key = { kind: "Service.serving.knative.dev", namespace, name } as const;
    const outcome = (cause: Cause, exitCode: number, how: string): ReadyOutcome => ({
      service,
      seconds: seconds(),
      problem: problemOf(wanted, cause, exitCode, how),
    });
    const explained = async (known: Cause | undefined, found: Service | undefined): Promise<Cause> => {
      const cause = known ?? (await causeOf(client, found ?? wanted));
      return { ...cause, message: cause.message + (await lastOutput(client, wanted, cause)) };
    };
    const failed = holdsFor(FALSE_FOR_MS);
    const stuck = holdsFor(STUCK_FOR_MS);
    for (;;) {
      const found = await client.get(key);
      const readiness = readinessOf(found);
      if (readiness === "ready") return { service, seconds: seconds() };
      const cause = readiness === "waiting" ? await stuckPod(client, wanted) : undefined;
      if (stuck(cause !== undefined) || failed(readiness === "failed")) {
        stop.abort();
        return outcome(await explained(cause, found), exitCodes.failed, "failed");
      }
      if (signal.aborted) {
        const isInterrupted = options.signal.aborted;
        const how = isInterrupted
          ? "was interrupted before it was Ready"
          : deadline.aborted
            ? "was not Ready in time"
            : "was not Ready yet";
        return outcome(await explained(cause, found), exitCodes.timeout, how);
      }
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
  };
  const outcomes = await Promise.all(services.map(one));
  // Failed Services come first, then those that were not Ready yet.
  return outcomes.sort((a, b) => (a.problem?.exitCode ?? 9) - (b.problem?.exitCode ?? 9));
}
