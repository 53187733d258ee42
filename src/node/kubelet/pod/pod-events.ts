// What can happen to one pod on its node. Monitors and effects send these events; they change no facts themselves.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import type { PodAddress } from "../../../base/address.ts";
import type { Time } from "../../../base/clock.ts";
import type { UsableImage } from "../../image/image-library.ts";
import type { ContainerState } from "../../runtime/runtime.ts";
import type { ExitFacts, PodFacts } from "./pod-facts.ts";
import type { PodStep } from "./pod-plan.ts";

export type ProbeKind = "Liveness" | "Readiness" | "Startup";

/** Events of one container, whether it runs or not. */
type ContainerEventBody =
  | { readonly type: "imageFetched"; readonly image: UsableImage }
  | { readonly type: "imageFailed"; readonly reason: string; readonly message: string; readonly at: Time }
  /** The engine no longer has an image that was known to be there. */
  | { readonly type: "imageMissing" }
  | { readonly type: "imageProgress"; readonly reason: "Pulling" | "Pulled"; readonly message: string }
  | { readonly type: "created"; readonly containerId: string; readonly at: Time }
  /** The container cannot be created or started for now. */
  | { readonly type: "blocked"; readonly reason: string; readonly message: string; readonly at: Time }
  | { readonly type: "thawFailed" }
  | {
      readonly type: "running";
      readonly containerId: string;
      readonly startedAt: string;
      readonly engine: ContainerState | undefined;
      /** The address of the pod. */
      readonly address: string;
      /** When the runtime had started it. */
      readonly at: Time;
    }
  | { readonly type: "exited"; readonly exit: ExitFacts }
  /** The container now belongs to a frozen pod. */
  | { readonly type: "frozen" };

/** A probe reached its failure threshold; the message is that of the last attempt. */
export interface ProbeFailed {
  readonly type: "probeFailed";
  readonly kind: "Liveness" | "Startup";
  readonly message: string;
  readonly failures: number;
}

/** Events of one start of a container; the reducer ignores them when another start has followed. */
type RunningEventBody =
  | { readonly type: "inspected"; readonly engine: ContainerState }
  | { readonly type: "startupPassed" }
  | { readonly type: "execReadiness"; readonly ready: boolean }
  /** One failed attempt of a probe. */
  | { readonly type: "probeAttemptFailed"; readonly kind: ProbeKind; readonly message: string }
  | ProbeFailed
  /** Without a reason the finding is reported and changes nothing else. */
  | { readonly type: "portFinding"; readonly reason?: string | undefined; readonly message: string }
  | { readonly type: "queueProxyOpened"; readonly at: Time }
  | { readonly type: "readiness"; readonly ok: boolean; readonly message?: string | undefined; readonly at: Time };

export type RunningEvent = RunningEventBody & { readonly container: string; readonly containerId: string };
export type ContainerEvent = (ContainerEventBody & { readonly container: string }) | RunningEvent;

export type PodEvent =
  | ContainerEvent
  | { readonly type: "podChanged"; readonly pod: StoredPod }
  | { readonly type: "stopRequested" }
  /** Something changed that may let a blocked start succeed. */
  | { readonly type: "retryRequested" }
  /** The kubelet has begun a step of the plan. */
  | { readonly type: "stepTaken"; readonly step: PodStep }
  | { readonly type: "sandboxReady"; readonly address: string }
  | { readonly type: "sandboxFailed"; readonly message: string; readonly at: Time }
  /** The pause container ended, and with it the network of the pod. */
  | { readonly type: "sandboxLost" };

/** The state of one pod as its monitors and effects see it: they read facts and send events. */
export interface PodState {
  readonly facts: PodFacts;
  send(event: PodEvent): void;
}

/** One start of a container, as its monitors see it. */
export interface WatchedStart {
  readonly pod: PodState;
  readonly container: Container;
  readonly containerId: string;
  /** Where this process reaches a port of the container; undefined: it cannot. */
  readonly addressOf: (port: number) => PodAddress | undefined;
  /** Sends an event of this start to the pod. */
  readonly report: (event: RunningEventBody) => void;
}
