// Defines what all pods of the node share: runtime, network, clocks, recorders. Types only.
import type { Pod } from "../../apis/core/types.ts";
import type { GuardedClock } from "../../base/background.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { EventNote } from "../../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { ImageLibrary } from "../image/image-library.ts";
import type { RegistryConfig } from "../image/registry-auth.ts";
import type { ContainerRuntime, ContainerSpec, RuntimeEvent, RuntimeInfo } from "../runtime/runtime.ts";
import type { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { PodFaults } from "./fault-port.ts";
import type { OverlayOf } from "./overlay-port.ts";
import type { FrozenPods } from "./pod/frozen-pods.ts";
import type { OpenQueueProxy } from "./queue-proxy-port.ts";
import type { SessionNetwork } from "./session-network.ts";
import type { StartCommand } from "./spec/container-spec.ts";
import type { VolumeKeeper } from "./volumes/volume-keeper.ts";

/** How pods are stopped. The kubelet replaces the policy when the session ends. */
export interface StopPolicy {
  /** The time between stop signal and SIGKILL if no request is in flight. */
  readonly stopTimeoutMs: number;
  /** The drain ends after this time without a new request (`--drain knative`: 30 s). */
  readonly quietMs: number;
  /** The upper limit of the grace period; undefined: only the pod's own period counts. */
  readonly graceMs?: number;
  /** Whether the session ends, so that no pod is frozen. */
  readonly last?: boolean;
}

export interface NodeParts {
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly library: ImageLibrary;
  readonly store: ObjectStore;
  readonly openQueueProxy: OpenQueueProxy;
  readonly overlayOf: OverlayOf;
  /** The clock of API objects; may be virtual. */
  readonly clock: Pick<Clock, "now">;
  /** The clock of containers, probes and grace periods: always real time. The clock logs the errors of its timers. */
  readonly nodeClock: GuardedClock;
  readonly nodeName: string;
  readonly hostIP: string;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: SessionNetwork | undefined;
  readonly dns: ((pod: Pod) => NonNullable<ContainerSpec["dns"]>) | undefined;
  readonly extraHosts: readonly string[];
  readonly volumes: VolumeKeeper;
  /** undefined: pods are not frozen. */
  readonly frozenPods: FrozenPods | undefined;
  readonly startCommand: (pod: Pod) => StartCommand | undefined;
  readonly pullConfigs: (pod: Pod) => readonly RegistryConfig[];
  readonly record: (pod: Pod, note: EventNote) => void;
  /** Absent: no faults. */
  readonly faults?: PodFaults | undefined;
  /** Messages that the session has reported and must not report again. */
  readonly reported: Set<string>;
  readonly starts: ConcurrencyLimit;
  readonly stopPolicy: () => StopPolicy;
  /** Passes the engine's events of a container to `listener` until disposed. Logs the listener's errors. */
  readonly listen: (containerId: string, listener: (event: RuntimeEvent) => unknown) => Disposable;
  /** Counts an operation as in progress until it settles. The virtual clock waits for such operations. */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly log: Logger;
}
