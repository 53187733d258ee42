// Remembers which revision and pod answered the requests that carry the header Knap-Request-Id, for test libraries.
import type { AnsweredBy } from "../client/requests.ts";
import { REQUEST_ID_HEADER } from "../client/requests.ts";
import type { Exchange, RequestTiming } from "../data-plane/http/exchange.ts";
import { headerValue } from "../data-plane/http/headers.ts";
import type { ColdStarts } from "./cold-starts.ts";

const KEPT = 2000;
const NAME = REQUEST_ID_HEADER.toLowerCase();

export class RequestRecords {
  readonly #coldStarts: ColdStarts;
  /** The times of the newest requests, by id. The data plane completes them until the response ends. */
  readonly #timings = new Map<string, RequestTiming>();

  constructor(coldStarts: ColdStarts) {
    this.#coldStarts = coldStarts;
  }

  /** Call it with each request that has a revision. If containers pass the header on, the first request counts. */
  remember({ headers, timing }: Exchange): void {
    const id = headerValue(headers, NAME);
    if (id === undefined || this.#timings.has(id)) return;
    this.#timings.set(id, timing);
    if (this.#timings.size <= KEPT) return;
    for (const [oldest] of this.#timings) {
      this.#timings.delete(oldest);
      return;
    }
  }

  /** Returns undefined if no revision got a request with this id, or if many newer requests came since. */
  find(id: string): AnsweredBy | undefined {
    const timing = this.#timings.get(id);
    if (timing?.revision === undefined) return undefined;
    return { revision: timing.revision, pod: timing.pod, coldStart: this.#coldStarts.of(timing) };
  }
}
