// Waits until every Service is Ready, one has failed, or the time is over.
import type { Pod } from "../../apis/core/types.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import { DEFAULT_CONTAINER_ANNOTATION } from "../../apis/serving/labels.ts";
import type { Service } from "../../apis/serving/types.ts";
import { sleep } from "../../base/sleep.ts";
import { timeoutSignal } from "../../base/timeout-signal.ts";
import type { Client } from "../../client/client.ts";
import type { Complaint } from "../cli-error.ts";
import { exitCodes } from "../exit-code.ts";
import { type Cause, findCause, listPods, stuckCause } from "../objects/not-ready-cause.ts";
import { knownCause } from "../progress/known-causes.ts";

/** A Service whose Ready condition is False for this long counts as failed. */
const FALSE_FOR_MS = 2000;
/** A Service with a container that cannot start for this long counts as failed. */
const STUCK_FOR_MS = 10_000;
const POLL_MS = 50;
const LAST_LINES = 10;

export interface ReadyOutcome {
  /** `namespace/name` */
  readonly service: string;
  readonly seconds: number;
  readonly problem?: Complaint | undefined;
}

/** Returns the status of the Ready condition. Conditions of an older generation do not count. */
function readinessOf(service: Service | undefined): "True" | "False" | "Unknown" {
  if (service?.status?.observedGeneration !== service?.metadata.generation) return "Unknown";
  return service?.status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "Unknown";
}

/**
 * Resolves with the last output of the first pod that has any, without lines of `message`. The logs end with the
 * session.
 */
async function lastOutput(client: Client, pods: readonly Pod[], message: string): Promise<string> {
  for (const { metadata } of pods) {
    const { namespace = "", name, annotations } = metadata;
    const lines: string[] = [];
    try {
      const container = annotations?.[DEFAULT_CONTAINER_ANNOTATION];
      for await (const line of client.logs({ namespace, name }, { container, tail: LAST_LINES })) lines.push(line);
    } catch {
      // A pod that has not started, or that is gone, has no output.
    }
    const fresh = lines.filter((line) => !message.includes(line));
    if (fresh.length > 0) return `\nlast output of ${name}:\n${fresh.map((line) => `  ${line}`).join("\n")}`;
  }
  return "";
}

async function explain(client: Client, service: Service): Promise<Cause> {
  const { cause, pods } = await findCause(client, service);
  const { reason, message } = cause;
  return { reason, message: message + (await lastOutput(client, pods, message)) };
}

/** Returns a function that returns true once its argument has been true in all calls of the last `lastsMs`. */
function trueFor(lastsMs: number): (value: boolean) => boolean {
  let since: number | undefined;
  return (value) => {
    since = value ? (since ?? performance.now()) : undefined;
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
  const firstFailure = new AbortController();
  const deadline = timeoutSignal(options.timeoutMs);
  const signal = AbortSignal.any([options.signal, deadline, firstFailure.signal]);
  const howItEnded = (): string => {
    if (options.signal.aborted) return "was interrupted before it was Ready";
    return deadline.aborted ? "was not Ready in time" : "was not Ready yet";
  };

  const awaitService = async (wanted: Service): Promise<ReadyOutcome> => {
    const { namespace = "", name } = wanted.metadata;
    const outcome = (problem?: Complaint): ReadyOutcome => ({
      service: namespacedName({ namespace, name }),
      seconds: (performance.now() - started) / 1000,
      problem,
    });
    const isFailed = trueFor(FALSE_FOR_MS);
    const isStuck = trueFor(STUCK_FOR_MS);
    for (;;) {
      const found = await client.get({ kind: "Service.serving.knative.dev", namespace, name });
      const readiness = readinessOf(found);
      if (readiness === "True") return outcome();
      const stuck = readiness === "Unknown" ? stuckCause(await listPods(client, wanted)) : undefined;
      const hasFailed = isStuck(stuck !== undefined) || isFailed(readiness === "False");
      if (hasFailed || signal.aborted) {
        if (hasFailed) firstFailure.abort();
        const how = hasFailed ? "failed" : howItEnded();
        const { reason, message } = await explain(client, found ?? wanted);
        const why = [reason, message].filter((part) => part !== "").join(": ");
        const { code: known, fix } = knownCause(reason, message, true);
        const code = known === "NOT_READY" && !hasFailed ? "TIMEOUT" : known;
        const exitCode = hasFailed ? exitCodes.failed : exitCodes.timeout;
        return outcome({ code, exitCode, what: `Service ${name} ${how}`, why, fix });
      }
      await sleep(POLL_MS, signal);
    }
  };
  const outcomes = await Promise.all(services.map(awaitService));
  // Failed Services come first, then those that were not Ready yet.
  return outcomes.sort((a, b) => (a.problem?.exitCode ?? 9) - (b.problem?.exitCode ?? 9));
}
