// Defines what the kubelet knows about one pod. `reduce-pod.ts` computes these facts from events. Plan and status
// depend on nothing else.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { Time } from "../../../base/clock.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { RuntimeContainer } from "../../runtime/runtime.ts";
import type { NetworkAddress } from "../session-network.ts";

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
  /** By the node's clock, for back-off. */
  readonly endedAt: Time;
  readonly ranMs: number;
}

interface ImageFailure {
  readonly reason: string;
  readonly message: string;
  readonly failures: number;
  readonly failedAt: Time;
}

type ImageFacts =
  | { readonly state: "unknown" | "here" }
  | { readonly state: "fetching"; readonly failures: number }
  | { readonly state: "failed"; readonly failure: ImageFailure };

export interface QueueProxyFacts {
  readonly ready: boolean;
  /** The failure of the readiness probe. */
  readonly message?: string | undefined;
}

/** Why a fault kills the container. */
export interface InjectedCrash {
  /** The reason of the exit; absent: that of any killed container. */
  readonly reason?: "OOMKilled" | undefined;
  readonly message: string;
}

/** The current start of a container that runs. */
export interface RunningFacts {
  readonly state: "running";
  readonly containerId: string;
  readonly startedAt: string;
  /** The same, by the node's clock. */
  readonly at: Time;
  /** The state that the runtime reports, with the container's addresses. */
  readonly engine: RuntimeContainer | undefined;
  /** Whether its startup probe has passed. True without such a probe. */
  readonly started: boolean;
  /** The result of its exec readiness probe, which the kubelet runs. True without such a probe. */
  readonly ready: boolean;
  /** The probe that reached its failure threshold, so that the container must restart. */
  readonly failedProbe?: "Liveness" | "Startup" | undefined;
  /** Describes the last failure of the startup probe, or the probe failure that stops the container. */
  readonly probeFailure?: string | undefined;
  /** Whether the container was disconnected from its network, so that the container must restart. */
  readonly networkLost?: boolean | undefined;
  /** Whether the kubelet has sent a signal to stop it. */
  readonly ending?: boolean | undefined;
  readonly crash?: InjectedCrash | undefined;
  /** Only for the serving container, after its port has opened. */
  readonly queueProxy?: QueueProxyFacts | undefined;
}

type RunFacts =
  | { readonly state: "none" }
  /** `restart`: why the kubelet has restarted the container; undefined: it starts for another reason. */
  | { readonly state: "starting"; readonly containerId?: string | undefined; readonly restart?: string | undefined }
  | RunningFacts
  | { readonly state: "exited"; readonly exit: ExitFacts };

/** A restart that was requested, until the container starts again. It is no failure. */
export interface RestartFacts {
  /** Shown to people. */
  readonly reason: string;
  /** False: other instances of the Service restart first. */
  readonly due: boolean;
  /** Whether a new container replaces the old one. */
  readonly isNew: boolean;
  /** The container that has exited for this restart and starts again. */
  readonly containerId?: string | undefined;
}

/** Why a running container cannot serve. Reasons: `LoopbackOnly`, `PortMismatch`. */
interface ServingFinding {
  readonly reason: string;
  readonly message: string;
}

/** A paused container of a frozen pod (`--wake freeze`). */
export interface FrozenContainer {
  readonly containerId: string;
  readonly image: UsableImage;
}

/** The network of a frozen pod, which its successor takes over. */
export interface FrozenSandbox {
  readonly address: NetworkAddress | undefined;
  /** The pause container of a pod with several containers. */
  readonly pause?: { readonly id: string; readonly state: RuntimeContainer | undefined } | undefined;
}

export interface ContainerFacts {
  readonly name: string;
  readonly init: boolean;
  readonly spec: Container;
  readonly image: ImageFacts;
  /** The image that the kubelet found last. */
  readonly usable?: UsableImage | undefined;
  readonly run: RunFacts;
  readonly restarts: number;
  /** The restarts before and with the last requested one. They do not count for the back-off. */
  readonly forgivenRestarts?: number | undefined;
  readonly restart?: RestartFacts | undefined;
  /** The exit before the current start. */
  readonly last?: ExitFacts | undefined;
  /** Why the container cannot be created or started, as the status' `waiting` shows it, and since when. */
  readonly blocked?: { readonly reason: string; readonly message: string; readonly at: Time } | undefined;
  /** The number of failed creates and starts in a row. */
  readonly startFailures?: number | undefined;
  readonly finding?: ServingFinding | undefined;
  /** The container of a frozen pod that this one continues. */
  readonly frozen?: FrozenContainer | undefined;
}

/** When each step of a pod's first start was done, in ms of the node's clock. */
export interface StartTimes {
  readonly accepted?: Time;
  /** When the last image was on the machine; absent if all were there. */
  readonly imagesFetched?: Time;
  readonly created?: Time;
  readonly started?: Time;
  readonly portOpen?: Time;
  readonly probeOk?: Time;
}

export interface PodFacts {
  readonly pod: StoredPod;
  readonly stopping: boolean;
  /** The state of the pause container, whose network the pod's containers share. A single container needs none. */
  readonly sandbox: "unneeded" | "none" | "opening" | "ready";
  readonly sandboxFailedAt?: Time | undefined;
  /** The number of failures in a row to open the sandbox. */
  readonly sandboxFailures?: number | undefined;
  /** The address of the pod that was assigned last. */
  readonly address: string;
  readonly containers: readonly ContainerFacts[];
  readonly startTimes: StartTimes;
}
