// The last cold starts as waterfalls: what the waiting request saw, joined with what the kubelet did meanwhile. It measures nothing itself.
import type { ColdStart } from "../client/live.ts";
import type { Exchange, Marks } from "../data-plane/http/exchange.ts";
import type { StartMarks } from "../node/kubelet/node-parts.ts";

const KEPT = 20;

export class ColdStarts {
  readonly #marksOf: (revision: string, pod: string) => Readonly<StartMarks> | undefined;
  readonly #coldStarts: ColdStart[] = [];
  /** Pods whose first waiting request is noted. */
  readonly #noted = new Set<string>();

  constructor(marksOf: (revision: string, pod: string) => Readonly<StartMarks> | undefined) {
    this.#marksOf = marksOf;
  }

  /** Watches a request that has just been handed to the activator; only one that waits can be a wake. */
  follow(exchange: Exchange, over: Promise<void>): Promise<void> {
    const { marks } = exchange;
    if (marks.queued === undefined || marks.assigned !== undefined) return over;
    return over.then(() => this.#note(marks));
  }

  /** The newest last. */
  get all(): readonly ColdStart[] {
    return this.#coldStarts;
  }

  #note(marks: Marks): void {
    const { revision, pod, queued, firstByte } = marks;
    if (revision === undefined || pod === undefined || queued === undefined || firstByte === undefined) return;
    const steps = this.#noted.has(pod) ? undefined : this.#marksOf(revision, pod);
    // A request that came after the pod was taken waited for a start that others had caused.
    if (steps?.accepted === undefined || steps.accepted < queued) return;
    this.#noted.add(pod);
    this.#coldStarts.push({ revision, pod, totalMs: firstByte - queued, parts: partsOf(marks, steps) });
    if (this.#coldStarts.length > KEPT) this.#noted.delete(this.#coldStarts.shift()?.pod ?? "");
  }
}

/** Each part ends where the next begins; a step that was not seen takes no time. */
function partsOf({ arrived, queued = 0, firstByte }: Marks, steps: StartMarks): ColdStart["parts"] {
  const ends = [queued, steps.accepted, steps.created, steps.started, steps.portOpen, steps.probeOk, firstByte];
  let at = arrived ?? queued;
  const [queue = 0, decide = 0, create = 0, start = 0, port = 0, probe = 0, first = 0] = ends.map((end) => {
    const ms = Math.max(0, (end ?? at) - at);
    at += ms;
    return ms;
  });
  return { queue, decide, create, start, port, probe, firstByte: first };
}
