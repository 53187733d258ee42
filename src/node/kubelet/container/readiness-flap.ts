// Replaces the results of a pod's readiness checks while a fault makes the pod unready.
import type { NodeParts } from "../node-parts.ts";
import type { PodState } from "../pod/pod-events.ts";
import { queueProxyFacts } from "../pod/reduce-pod.ts";
import type { ProbeAnswer } from "./probe-loop.ts";

export class ReadinessFlap {
  readonly #faults: NodeParts["faults"];
  readonly #pod: Pick<PodState, "facts">;
  readonly #checks: number;
  #left = 0;
  #cause = "";

  /** `checks`: how many checks in a row must fail until the pod is unready. */
  constructor({ faults }: Pick<NodeParts, "faults">, pod: Pick<PodState, "facts">, checks: number) {
    this.#faults = faults;
    this.#pod = pod;
    this.#checks = checks;
  }

  /** Returns the failure that replaces this check; undefined: the check is made. Only a ready pod can begin to flap. */
  next(): ProbeAnswer | undefined {
    const { facts } = this.#pod;
    if (this.#left === 0 && queueProxyFacts(facts)?.ready) {
      const cause = this.#faults?.check(facts.pod);
      if (cause !== undefined) [this.#cause, this.#left] = [cause, this.#checks];
    }
    if (this.#left === 0) return undefined;
    this.#left -= 1;
    return { ok: false, message: this.#cause };
  }
}
