// Records the last cold starts: joins the times of the waiting request with the kubelet's times of the pod's start.
import { parseNamespacedName } from "../apis/meta/key.ts";
import type { ColdStart, PodStart } from "../client/live.ts";
import type { Exchange, RequestTiming } from "../data-plane/http/exchange.ts";
import type { StartTimes } from "../node/kubelet/pod/pod-facts.ts";
import type { StartRecords } from "../node/kubelet/start-records.ts";

const KEPT = 20;

export class ColdStarts {
  readonly #records: StartRecords;
  readonly #coldStarts: ColdStart[] = [];
  /** Pods in {@link all}. */
  readonly #recorded = new Set<string>();

  constructor(records: StartRecords) {
    this.#records = records;
  }

  /** Call it when the activator has taken the request: only a request that waits for a pod can be a cold start. */
  follow(exchange: Exchange, done: Promise<void>): Promise<void> {
    const { timing } = exchange;
    if (timing.queued === undefined || timing.assigned !== undefined) return done;
    return done.then(() => this.#record(timing));
  }

  /** Oldest first. */
  get all(): readonly ColdStart[] {
    return this.#coldStarts;
  }

  get podStarts(): readonly PodStart[] {
    return [...this.#records.all()].flatMap(([pod, { accepted, imagesFetched = accepted, probeOk }]) =>
      imagesFetched === undefined || probeOk === undefined ? [] : [{ pod, totalMs: probeOk - imagesFetched }],
    );
  }

  /** Returns the start of a pod that the request waited for. Several requests can wait for the same start. */
  of(timing: RequestTiming): ColdStart | undefined {
    const { revision, pod, queued, firstByte } = timing;
    if (revision === undefined || pod === undefined || queued === undefined || firstByte === undefined)
      return undefined;
    const { namespace } = parseNamespacedName(revision);
    const steps = this.#records.of(namespace, pod);
    // If the kubelet accepted the pod before this request came, another request caused the start.
    if (steps?.accepted === undefined || steps.accepted < queued) return undefined;
    const fetchMs = (steps.imagesFetched ?? steps.accepted) - steps.accepted;
    return { revision, pod, totalMs: firstByte - queued, fetchMs, parts: partsOf(timing, steps) };
  }

  #record(timing: RequestTiming): void {
    if (this.#recorded.has(timing.pod ?? "")) return;
    const coldStart = this.of(timing);
    if (coldStart === undefined) return;
    this.#recorded.add(coldStart.pod);
    this.#coldStarts.push(coldStart);
    if (this.#coldStarts.length > KEPT) this.#recorded.delete(this.#coldStarts.shift()?.pod ?? "");
  }
}

/** Each part ends where the next part begins. A step without a time takes 0 ms. */
function partsOf({ arrived, queued = 0, firstByte }: RequestTiming, steps: StartTimes): ColdStart["parts"] {
  const ends = [queued, steps.accepted, steps.created, steps.started, steps.portOpen, steps.probeOk, firstByte];
  let at = arrived ?? queued;
  const [queue = 0, decide = 0, create = 0, start = 0, port = 0, probe = 0, first = 0] = ends.map((end) => {
    const ms = Math.max(0, (end ?? at) - at);
    at += ms;
    return ms;
  });
  return { queue, decide, create, start, port, probe, firstByte: first };
}
