// What the kubelet knows of one pod at one moment: the input of its plan and of its status. Data only.
import type { Pod } from "../../../apis/core/types.ts";
import type { Time } from "../../../base/clock.ts";

/** How one start of a container ended. */
export interface ExitFacts {
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`. */
  readonly reason: string;
  readonly message: string;
  /** As they stand in the status. */
  readonly startedAt?: string;
  readonly finishedAt: string;
  readonly containerId?: string;
  /** On the node's own clock, for back-off. */
  readonly endedAt: Time;
  readonly ranMs: number;
}

export interface ImageTrouble {
  readonly reason: string;
  readonly message: string;
  readonly failures: number;
  readonly failedAt: Time;
}

export type ImageFacts =
  | { readonly state: "unknown" | "fetching" | "here" }
  | { readonly state: "failed"; readonly trouble: ImageTrouble };

export type RunFacts =
  | { readonly state: "none" | "starting" }
  | { readonly state: "running"; readonly containerId: string; readonly startedAt: string }
  | { readonly state: "exited"; readonly exit: ExitFacts };

export interface ContainerFacts {
  readonly name: string;
  readonly init: boolean;
  readonly reference: string;
  readonly image: ImageFacts;
  /** `containerStatuses[].imageID`. */
  readonly imageId: string;
  readonly run: RunFacts;
  readonly restarts: number;
  /** The exit before the present start. */
  readonly last?: ExitFacts;
  /** It cannot even be created: reason and message of `waiting`, and when that was tried. */
  readonly held?: { readonly reason: string; readonly message: string; readonly at: Time };
  /** Its startup probe has passed, or it has none. */
  readonly started: boolean;
  /** Readiness that the kubelet itself asks (exec), or true. */
  readonly ready: boolean;
  /** It runs, but cannot serve, and this is why (`LoopbackOnly`, `PortMismatch`). */
  readonly finding?: { readonly reason: string; readonly message: string };
}

export interface PodFacts {
  readonly pod: Pod;
  /** On the node's own clock. */
  readonly now: Time;
  /** A pod of several containers shares the network of one that only waits. */
  readonly sandbox: "unneeded" | "none" | "opening" | "ready";
  readonly containers: readonly ContainerFacts[];
  readonly sidecar: { readonly open: boolean; readonly ready: boolean; readonly message?: string };
  readonly podIP?: string;
}
