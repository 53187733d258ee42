// What the kubelet knows of one pod: the input of its plan and of its status. Data only; `reduce-pod.ts` makes them
// from events.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Time } from "../../../base/clock.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { ContainerState } from "../../runtime/runtime.ts";
import type { Place } from "../session-network.ts";

/** How one start of a container ended. */
export interface ExitFacts {
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`. */
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, as in the status. */
  readonly startedAt?: string;
  readonly finishedAt: string;
  /** undefined: the engine has no container for this start. */
  readonly containerId?: string | undefined;
  /** On the node's own clock, for back-off. */
  readonly endedAt: Time;
  readonly ranMs: number;
}

interface ImageTrouble {
  readonly reason: string;
  readonly message: string;
  readonly failures: number;
  readonly failedAt: Time;
}

type ImageFacts =
  | { readonly state: "unknown" | "here" }
  | { readonly state: "fetching"; readonly failures: number }
  | { readonly state: "failed"; readonly trouble: ImageTrouble };

export interface QueueProxyFacts {
  readonly ready: boolean;
  /** Why it is not ready, in the words of the readiness probe. */
  readonly message?: string | undefined;
}

/** A start of a container that runs now. */
export interface RunningFacts {
  readonly state: "running";
  readonly containerId: string;
  readonly startedAt: string;
  /** The runtime's view of the container: its addresses and ports. */
  readonly engine: ContainerState | undefined;
  /** Its startup probe has passed, or it has none. */
  readonly started: boolean;
  /** The result of an exec readiness probe, which the kubelet runs itself; true without one. */
  readonly ready: boolean;
  /** The probe that failed for good, so that the container must restart. */
  readonly failedProbe?: "Liveness" | "Startup" | undefined;
  /** The last failure of the startup probe, or the failure that ends the container, in words. */
  readonly probeFailure?: string | undefined;
  /** The kubelet has sent a signal to end it. */
  readonly ending?: boolean | undefined;
  /** Only of the serving container, after its port has opened. */
  readonly queueProxy?: QueueProxyFacts | undefined;
}

type RunFacts =
  | { readonly state: "none" }
  | { readonly state: "starting"; readonly containerId?: string | undefined }
  | RunningFacts
  | { readonly state: "exited"; readonly exit: ExitFacts };

/** Why a running container cannot serve: reason (`LoopbackOnly`, `PortMismatch`) and message. */
interface ServingFinding {
  readonly reason: string;
  readonly message: string;
}

/** A container that waits paused (`--wake freeze`). */
export interface FrozenContainer {
  readonly containerId: string;
  readonly image: UsableImage;
}

/** The network place of a frozen pod, which its successor takes over. */
export interface FrozenSandbox {
  readonly place: Place | undefined;
  /** The container that holds the network of a pod of several containers. */
  readonly pause?: { readonly id: string; readonly state: ContainerState | undefined } | undefined;
}

export interface ContainerFacts {
  readonly name: string;
  readonly init: boolean;
  readonly spec: Container;
  readonly image: ImageFacts;
  /** The image as it was last found. */
  readonly usable?: UsableImage | undefined;
  readonly run: RunFacts;
  readonly restarts: number;
  /** The exit before the present start. */
  readonly last?: ExitFacts | undefined;
  /** The container cannot be created: reason and message of `waiting`, and the time of the attempt. */
  readonly blocked?: { readonly reason: string; readonly message: string; readonly at: Time } | undefined;
  /** Failures in a row to create or start it. */
  readonly startFailures?: number | undefined;
  readonly finding?: ServingFinding | undefined;
  /** The container of a frozen pod that this one continues. */
  readonly frozen?: FrozenContainer | undefined;
}

/** When each step of a cold start was done, in ms of the node's clock. */
export interface StartMarks {
  readonly accepted?: Time;
  readonly created?: Time;
  readonly started?: Time;
  readonly portOpen?: Time;
  readonly probeOk?: Time;
}

export interface PodFacts {
  readonly pod: StoredPod;
  readonly stopping: boolean;
  /** The pause container, whose network the containers of the pod share; `unneeded` for a single container. */
  readonly sandbox: "unneeded" | "none" | "opening" | "ready";
  readonly sandboxFailedAt?: Time | undefined;
  /** Failures in a row to open the sandbox. */
  readonly sandboxFailures?: number | undefined;
  /** The address of the pod, as last assigned. */
  readonly address: string;
  readonly containers: readonly ContainerFacts[];
  readonly marks: StartMarks;
}
