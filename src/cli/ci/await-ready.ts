// Waits until every Service is Ready, or one has failed for good, or the time is over.
import type { Service } from "../../apis/serving/types.ts";
import type { Client } from "../../client/client.ts";
import type { Complaint } from "../cli-error.ts";
import { exitCodes } from "../exit-code.ts";
import { fixOf } from "../narration/fix-table.ts";

/** A Service that is False this long, with nothing on its way, will not become Ready. */
const FALSE_FOR_MS = 2000;

export interface ReadyOutcome {
  /** `namespace/name` */
  readonly service: string;
  readonly seconds: number;
  readonly problem?: Complaint;
}

type Verdict = "ready" | "failed" | "waiting";

/** Where a Service stands. Old conditions do not count for a new generation. Pure. */
function verdictOf(service: Service | undefined): Verdict {
  const ready = service?.status?.conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined || service?.status?.observedGeneration !== service?.metadata.generation) return "waiting";
  return ready.status === "True" ? "ready" : ready.status === "False" ? "failed" : "waiting";
}

async function causeOf(client: Client, service: Service): Promise<{ reason: string; message: string }> {
  const name = service.status?.latestCreatedRevisionName ?? "";
  const namespace = service.metadata.namespace ?? "";
  const revision = await client.get({ kind: "Revision.serving.knative.dev", namespace, name });
  const all = [...(revision?.status?.conditions ?? []), ...(service.status?.conditions ?? [])];
  const failing = all.find(({ type, status, severity }) => type !== "Ready" && status === "False" && !severity);
  const waiting = all.find(({ status, severity }) => status === "Unknown" && !severity);
  return { reason: failing?.reason ?? waiting?.reason ?? "", message: failing?.message ?? waiting?.message ?? "" };
}

async function problemOf(client: Client, service: Service, exitCode: number, how: string): Promise<Complaint> {
  const { reason, message } = await causeOf(client, service);
  const fix = fixOf(reason, message);
  const why = [reason, message].filter((part) => part !== "").join(": ");
  return {
    exitCode,
    what: `Service ${service.metadata.name} ${how}`,
    ...(why && { why }),
    ...(fix !== undefined && { fix }),
  };
}

/** Resolves with an outcome per Service, as soon as one of them has failed or all are Ready. */
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
    const service = `${namespace}/${name}`;
    const key = { kind: "Service.serving.knative.dev", namespace, name } as const;
    let since: number | undefined;
    for (;;) {
      const found = await client.get(key);
      const verdict = verdictOf(found);
      if (verdict === "ready") return { service, seconds: seconds() };
      since = verdict === "failed" ? (since ?? performance.now()) : undefined;
      if (since !== undefined && performance.now() - since >= FALSE_FOR_MS) {
        stop.abort();
        return {
          service,
          seconds: seconds(),
          problem: await problemOf(client, found ?? wanted, exitCodes.failed, "failed"),
        };
      }
      if (signal.aborted) {
        const how = deadline.aborted ? "was not Ready in time" : "was not Ready yet";
        return {
          service,
          seconds: seconds(),
          problem: await problemOf(client, found ?? wanted, exitCodes.timeout, how),
        };
      }
      await new Promise((done) => setTimeout(done, 50));
    }
  };
  const outcomes = await Promise.all(services.map(one));
  // The Service that failed comes first; others were only still on their way.
  return outcomes.sort((a, b) => (a.problem?.exitCode ?? 9) - (b.problem?.exitCode ?? 9));
}
