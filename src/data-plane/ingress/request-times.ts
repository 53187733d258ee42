// Records how long requests take and how they end, per Ingress, from the route to the end of the response.
import { DurationHistogram } from "../../load/duration-histogram.ts";
import type { RequestMeasures } from "../../load/request-measures.ts";

export interface RequestFigures extends RequestMeasures {
  /** `namespace/name` of the Ingress. */
  readonly ingress: string;
}

interface Times {
  readonly latency: DurationHistogram;
  failed: number;
  unanswered: number;
}

const SWITCHING_PROTOCOLS = 101;

export class RequestTimes {
  readonly #times = new Map<string, Times>();

  /** `status`: undefined without a response. An upgraded connection does not count: it lasts as long as it is used. */
  add(ingress: string, ms: number, status: number | undefined): void {
    if (status === SWITCHING_PROTOCOLS) return;
    let times = this.#times.get(ingress);
    if (!times) {
      times = { latency: new DurationHistogram(), failed: 0, unanswered: 0 };
      this.#times.set(ingress, times);
    }
    if (status === undefined) {
      times.unanswered += 1;
      return;
    }
    times.latency.add(ms);
    if (status >= 500) times.failed += 1;
  }

  get all(): readonly RequestFigures[] {
    return [...this.#times].map(([ingress, { latency, failed, unanswered }]) => ({
      ingress,
      answered: latency.count,
      failed,
      unanswered,
      latencyMs: latency.percentiles(),
    }));
  }

  /** Deletes the figures of deleted Ingresses. */
  keep(ingresses: ReadonlySet<string>): void {
    for (const ingress of this.#times.keys()) if (!ingresses.has(ingress)) this.#times.delete(ingress);
  }
}
