// Samples the scale of a Service once a second while a load runs.
import { isPodServing } from "../../apis/core/pod.ts";
import { namespacedName } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import { SERVICE_LABEL } from "../../apis/serving/labels.ts";
import type { Service } from "../../apis/serving/types.ts";
import { sleep } from "../../base/sleep.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import type { ScaleSample } from "../../load/scale-sample.ts";
import { listPods } from "../objects/not-ready-cause.ts";

const EVERY_MS = 1000;

export interface ScaleSampler {
  readonly samples: readonly ScaleSample[];
  /** Resolves when the signal has aborted. */
  readonly ended: Promise<void>;
}

/** `sent` returns the number of requests sent so far. */
export function sampleScale(
  client: Client,
  service: Stored<Service>,
  { sent, signal }: { readonly sent: () => number; readonly signal: AbortSignal },
): ScaleSampler {
  const samples: ScaleSample[] = [];
  const run = async (): Promise<void> => {
    const start = performance.now();
    let before = 0;
    for (let index = 0; !signal.aborted; index++) {
      await sleep(start + index * EVERY_MS - performance.now(), signal);
      const scale = await readScale(client, service).catch(() => undefined);
      const count = sent();
      // A sample that cannot be read repeats the one before it: the load is what counts.
      const { ready = 0, wanted = 0, concurrency = 0 } = scale ?? samples.at(-1) ?? {};
      samples.push({ atMs: index * EVERY_MS, ready, wanted, concurrency, requestsPerSecond: count - before });
      before = count;
    }
  };
  return { samples, ended: run() };
}

async function readScale(client: Client, service: Stored<Service>) {
  const { namespace, name } = service.metadata;
  const labels = { matchLabels: { [SERVICE_LABEL]: name } };
  const [live, pods, revisions] = await Promise.all([
    client.knap<Live>("GET", "/live"),
    listPods(client, service),
    client.list("Revision.serving.knative.dev", { namespace, labels }),
  ]);
  const figures = revisions.items.flatMap(({ metadata }) => live.revisions[namespacedName(metadata)] ?? []);
  return {
    ready: pods.filter(isPodServing).length,
    wanted: figures.reduce((sum, { desired }) => sum + desired, 0),
    concurrency: figures.reduce((sum, { inFlight, waiting }) => sum + inFlight + waiting, 0),
  };
}
