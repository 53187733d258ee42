// Records a session of `knap ci` while it runs: scale once a second, starts, memory, requests, warnings and logs.

import { namespacedName } from "../../apis/meta/key.ts";
import { DEFAULT_CONTAINER_ANNOTATION } from "../../apis/serving/labels.ts";
import { sleep } from "../../base/sleep.ts";
import type { Client } from "../../client/client.ts";
import type { ColdStart, Live, PodStart } from "../../client/live.ts";
import type { LatenciesAnswer, UsageAnswer } from "../../client/measures.ts";
import type { ScaleSample } from "../../load/scale-sample.ts";
import { readScales } from "../objects/read-scales.ts";
import type { CiRecord, PodLog, ServiceRecord, WarningEvent } from "./ci-record.ts";

const EVERY_MS = 1000;
/** An hour: a longer run keeps its last samples. */
const MOST_SAMPLES = 3600;
const MOST_WARNINGS = 200;
const LAST_LINES = 100;

/** What the session showed; the command adds the cases. */
export type SessionFigures = Omit<CiRecord, "apiVersion" | "kind" | "cases" | "error" | "startedAt" | "durationMs">;

export class SessionRecorder implements AsyncDisposable {
  readonly #client: Client;
  readonly #measuresUsage: boolean;
  readonly #stop = new AbortController();
  readonly #samples = new Map<string, ScaleSample[]>();
  readonly #requests = new Map<string, number>();
  readonly #coldStarts = new Map<string, ColdStart>();
  #firstStarts: readonly PodStart[] = [];
  readonly #memory = new Map<string, number>();
  readonly #images = new Map<string, number>();
  readonly #started = performance.now();
  readonly #ended: Promise<void>;

  /** `measuresUsage`: also ask the engine for memory and image sizes, which takes it some time. */
  constructor(client: Client, { measuresUsage }: { readonly measuresUsage: boolean }) {
    this.#client = client;
    this.#measuresUsage = measuresUsage;
    this.#ended = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  /** Records the starts of pods until now as first starts: no request waited for them. */
  async markFirstStarts(): Promise<void> {
    this.#firstStarts = (await this.#client.knap<Live>("GET", "/live")).podStarts;
  }

  /** Resolves with everything recorded until now. `withLogs`: also the last lines of each pod. */
  async figures({ withLogs }: { readonly withLogs: boolean }): Promise<SessionFigures> {
    await this.#sample(performance.now() - this.#started);
    const requests = await this.#client.knap<LatenciesAnswer>("GET", "/latencies");
    const services = [...this.#samples].map(
      ([service, samples]): ServiceRecord => ({ service, samples, requests: requests[service] }),
    );
    return {
      services,
      coldStarts: [...this.#coldStarts.values()],
      firstStarts: this.#firstStarts,
      memory: [...this.#memory].map(([pod, memoryBytes]) => ({ pod, memoryBytes })),
      images: [...this.#images].map(([image, sizeBytes]) => ({ image, sizeBytes })),
      warnings: await this.#warnings(),
      logs: withLogs ? await this.#logs() : [],
    };
  }

  async #run(): Promise<void> {
    const start = this.#started;
    for (let index = 0; !this.#stop.signal.aborted; index++) {
      await sleep(start + index * EVERY_MS - performance.now(), this.#stop.signal);
      // The session is busy or ends: the next sample shows what this one could not.
      if (!this.#stop.signal.aborted) await this.#sample(index * EVERY_MS).catch(() => {});
    }
  }

  async #sample(atMs: number): Promise<void> {
    const live = await this.#client.knap<Live>("GET", "/live");
    for (const start of live.coldStarts) this.#coldStarts.set(start.pod, start);
    if (this.#measuresUsage) await this.#sampleUsage();
    for (const [service, { ready, wanted, concurrency, requests }] of await readScales(this.#client, live)) {
      const samples = this.#samples.get(service) ?? [];
      const seconds = (atMs - (samples.at(-1)?.atMs ?? atMs - EVERY_MS)) / 1000;
      const more = Math.max(0, requests - (this.#requests.get(service) ?? 0));
      const requestsPerSecond = seconds > 0 ? more / seconds : more;
      this.#requests.set(service, requests);
      samples.push({ atMs: Math.round(atMs), ready, wanted, concurrency, requestsPerSecond });
      if (samples.length > MOST_SAMPLES) samples.shift();
      this.#samples.set(service, samples);
    }
  }

  async #sampleUsage(): Promise<void> {
    const { pods, images } = await this.#client.knap<UsageAnswer>("GET", "/usage");
    for (const { pod, memoryBytes } of pods) this.#memory.set(pod, Math.max(memoryBytes, this.#memory.get(pod) ?? 0));
    for (const { image, sizeBytes } of images) this.#images.set(image, sizeBytes);
  }

  async #warnings(): Promise<readonly WarningEvent[]> {
    const { items } = await this.#client.list("Event");
    return items
      .filter(({ type }) => type === "Warning")
      .slice(-MOST_WARNINGS)
      .map(({ involvedObject, reason = "", message = "" }) => ({
        about: `${involvedObject.kind ?? ""}/${involvedObject.name ?? ""}`.toLowerCase(),
        reason,
        message,
      }));
  }

  async #logs(): Promise<readonly PodLog[]> {
    const { items } = await this.#client.list("Pod");
    const read = async ({ metadata }: (typeof items)[number]): Promise<PodLog> => {
      const lines: string[] = [];
      const container = metadata.annotations?.[DEFAULT_CONTAINER_ANNOTATION];
      try {
        for await (const line of this.#client.logs(metadata, { container, tail: LAST_LINES })) lines.push(line);
      } catch {
        // A pod that has not started, or that is gone, has no output.
      }
      return { pod: namespacedName(metadata), lines };
    };
    return (await Promise.all(items.map(read))).filter(({ lines }) => lines.length > 0);
  }
}
