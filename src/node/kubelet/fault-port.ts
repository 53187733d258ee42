// Defines the faults of pods as the kubelet asks for them. `node/agent/pod-faults.ts` implements it. Types only.
import type { Pod } from "../../apis/core/types.ts";
import type { InjectedCrash } from "./pod/pod-facts.ts";

export interface StartFault {
  /** How long the container cannot be reached after its start. */
  readonly delayMs: number;
  /** Why it is killed as soon as it runs. */
  readonly crash?: InjectedCrash | undefined;
}

/** Each method but the last counts one event of the pod. */
export interface PodFaults {
  /** What happens to this start of the serving container; undefined: nothing. */
  start(pod: Pod): StartFault | undefined;
  /** Why the ready pod becomes unready; undefined: it stays ready. */
  check(pod: Pod): string | undefined;
  /** Returns true if the serving container gets no stop signal. */
  ignoresStop(pod: Pod): boolean;
  /** Why the pull of an image fails; undefined: it goes on. */
  pull(pod: Pod): string | undefined;
  /** Returns true if a fault waits for pulls of this pod, so that even a local image counts as a pull. */
  watchesPulls(pod: Pod): boolean;
}
