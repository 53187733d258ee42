// Samples the scale of a Service once a second while a load runs.
import { namespacedName } from "../../apis/meta/key.ts";
import { sleep } from "../../base/sleep.ts";
import type { Client } from "../../client/client.ts";
import type { Live } from "../../client/live.ts";
import type { ScaleSample } from "../../load/scale-sample.ts";
import { readScales } from "../objects/read-scales.ts";

const EVERY_MS = 1000;

export interface ScaleSampler {
  readonly samples: readonly ScaleSample[];
  /** Resolves when the signal has aborted. */
  readonly ended: Promise<void>;
}

/** `sent` returns the number of requests sent so far. */
export function sampleScale(
  client: Client,
  service: { readonly namespace: string; readonly name: string },
  { sent, signal }: { readonly sent: () => number; readonly signal: AbortSignal },
): ScaleSampler {
  const samples: ScaleSample[] = [];
  const run = async (): Promise<void> => {
    const start = performance.now();
    let before = 0;
    for (let index = 0; !signal.aborted; index++) {
      await sleep(start + index * EVERY_MS - performance.now(), signal);
      const scales = await client
        .knap<Live>("GET", "/live")
        .then((live) => readScales(client, live, service))
        .catch(() => undefined);
      const count = sent();
      // A sample that cannot be read repeats the one before it: the load is what counts.
      const { ready = 0, wanted = 0, concurrency = 0 } = scales?.get(namespacedName(service)) ?? samples.at(-1) ?? {};
      samples.push({ atMs: index * EVERY_MS, ready, wanted, concurrency, requestsPerSecond: count - before });
      before = count;
    }
  };
  return { samples, ended: run() };
}
