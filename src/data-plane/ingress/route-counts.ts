// Counts requests per route and revision. The counts survive a change of the routing table.
import type { RevisionKey } from "../../apis/autoscaling/types.ts";
import type { RoutePath, RouteSplit } from "./path-table.ts";

export interface RouteCount {
  /** `namespace/name` of the Ingress. */
  readonly ingress: string;
  /** The first host of the rule, which distinguishes a tag's route from the default one. */
  readonly host: string;
  readonly revision: RevisionKey;
  readonly requests: number;
}

interface Counter extends RouteCount {
  requests: number;
}

export class RouteCounts {
  readonly #counters = new Map<string, Counter>();
  #bySplit = new WeakMap<RouteSplit, Counter>();

  add({ ingress, host }: RoutePath, split: RouteSplit): void {
    const counter = this.#bySplit.get(split) ?? this.#counterOf(ingress, host, split);
    counter.requests += 1;
  }

  get all(): readonly RouteCount[] {
    return [...this.#counters.values()].map((counter) => ({ ...counter }));
  }

  /** Deletes the counts of deleted Ingresses. */
  keep(ingresses: ReadonlySet<string>): void {
    for (const [key, counter] of this.#counters) if (!ingresses.has(counter.ingress)) this.#counters.delete(key);
    this.#bySplit = new WeakMap();
  }

  #counterOf(ingress: string, host: string, split: RouteSplit): Counter {
    const key = `${ingress} ${host} ${split.revision}`;
    const counter = this.#counters.get(key) ?? { ingress, host, revision: split.revision, requests: 0 };
    this.#counters.set(key, counter);
    this.#bySplit.set(split, counter);
    return counter;
  }
}
