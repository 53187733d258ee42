// Defines the events of one pod on its node. Monitors and effects send them; only the reducer changes facts.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { PodAddress } from "../../../base/address.ts";
import type { Time } from "../../../base/clock.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { RuntimeContainer } from "../../runtime/runtime.ts";
import type { ExitFacts, InjectedCrash, PodFacts } from "./pod-facts.ts";
import type { PodStep } from "./pod-plan.ts";

export type ProbeKind = "Liveness" | "Readiness" | "Startup";

/** Events of one container in any state. */
type ContainerEventBody =
  | { readonly type: "imageFetched"; readonly image: UsableImage; readonly at: Time }
  | { readonly type: "imageFailed"; readonly reason: string; readonly message: string; readonly at: Time }
  /** The engine no longer has an image that the kubelet had found. */
  | { readonly type: "imageMissing" }
  | { readonly type: "imageProgress"; readonly reason: "Pulling" | "Pulled"; readonly message: string }
  | { readonly type: "created"; readonly containerId: string; readonly at: Time }
  /** The container cannot be created or started; the plan tries again later. */
  | { readonly type: "blocked"; readonly reason: string; readonly message: string; readonly at: Time }
  | { readonly type: "thawFailed" }
  | {
      readonly type: "running";
      readonly containerId: string;
      readonly startedAt: string;
      readonly engine: RuntimeContainer | undefined;
      /** The address of the pod. */
      readonly address: string;
      /** When the runtime had started the container. */
      readonly at: Time;
    }
  | { readonly type: "exited"; readonly exit: ExitFacts }
  | {
      readonly type: "restartRequested";
      readonly reason: string;
      /** Whether a new container must replace the old one. */
      readonly isNew: boolean;
    }
  /** A requested restart can begin now. */
  | { readonly type: "restartDue" }
  /** The container now belongs to a frozen pod. */
  | { readonly type: "frozen" };

/** A probe reached its failure threshold. `message`: the last failure. */
export interface ProbeFailed {
  readonly type: "probeFailed";
  readonly kind: "Liveness" | "Startup";
  readonly message: string;
  readonly failures: number;
}

/** Events of one start of a container. The reducer ignores them after the next start. */
type RunningEventBody =
  | { readonly type: "inspected"; readonly engine: RuntimeContainer }
  /** The container was disconnected from the network of the session. */
  | { readonly type: "networkLost" }
  | { readonly type: "startupPassed" }
  | { readonly type: "execReadiness"; readonly ready: boolean }
  /** A probe failed once. */
  | { readonly type: "probeFailedOnce"; readonly kind: ProbeKind; readonly message: string }
  | ProbeFailed
  /** A fault kills the container. */
  | { readonly type: "crashInjected"; readonly crash: InjectedCrash }
  /** A finding without a reason only becomes an Event. */
  | { readonly type: "portFinding"; readonly reason?: string | undefined; readonly message: string }
  | { readonly type: "queueProxyOpened"; readonly at: Time }
  | { readonly type: "readiness"; readonly ok: boolean; readonly message?: string | undefined; readonly at: Time };

export type RunningEvent = RunningEventBody & { readonly container: string; readonly containerId: string };
export type ContainerEvent = (ContainerEventBody & { readonly container: string }) | RunningEvent;

export type PodEvent =
  | ContainerEvent
  | { readonly type: "podChanged"; readonly pod: StoredPod }
  | { readonly type: "stopRequested" }
  /** Something changed, so that a blocked start may succeed now. */
  | { readonly type: "retryRequested" }
  /** The kubelet has begun a step of the plan. */
  | { readonly type: "stepTaken"; readonly step: PodStep }
  | { readonly type: "sandboxReady"; readonly address: string }
  | { readonly type: "sandboxFailed"; readonly message: string; readonly at: Time }
  /** The pause container exited, so the pod has lost its network. */
  | { readonly type: "sandboxLost" };

/** The view of one pod that its monitors and effects have. */
export interface PodState {
  readonly facts: PodFacts;
  send(event: PodEvent): void;
}

/** The view of one start of a container that its monitors have. */
export interface WatchedStart {
  readonly pod: PodState;
  readonly container: Container;
  readonly containerId: string;
  /** Returns the address at which knap reaches a port of the container; undefined if knap cannot. */
  readonly addressOf: (port: number) => PodAddress | undefined;
  /** Sends an event of this start to the pod. */
  readonly report: (event: RunningEventBody) => void;
}
