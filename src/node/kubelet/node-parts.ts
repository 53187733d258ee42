// What all pods of the node share: the runtime, the network, the clocks, whom to tell. Types only.
import type { Pod } from "../../apis/core/types.ts";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { EventNote } from "../../control-plane/controller/reconciler.ts";
import type { ObjectStore } from "../../control-plane/store/object-store.ts";
import type { ImageLibrary } from "../image/image-library.ts";
import type { RegistryConfig } from "../image/registry-auth.ts";
import type { ContainerRuntime, ContainerSpec, RuntimeEvent, RuntimeInfo } from "../runtime/runtime.ts";
import type { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { FrozenPods } from "./pod/frozen-pods.ts";
import type { OpenQueueProxy } from "./queue-proxy-port.ts";
import type { SessionNetwork } from "./session-network.ts";
import type { StartCommand } from "./spec/container-spec.ts";
import type { VolumeKeeper } from "./volumes/volume-keeper.ts";

/** How pods are stopped; changes when the session ends. */
export interface StopPolicy {
  /** SIGKILL so long after SIGTERM when nothing is in flight. */
  readonly stopTimeoutMs: number;
  /** Quiet time before the drain is over (`--drain knative`: 30 s). */
  readonly quietMs: number;
  /** In-flight requests get no more than this; undefined: the pod's own grace. */
  readonly graceMs?: number;
  /** The session ends: nothing is kept for later. */
  readonly last?: boolean;
}

export interface NodeParts {
  readonly runtime: ContainerRuntime;
  readonly info: RuntimeInfo;
  readonly library: ImageLibrary;
  readonly store: ObjectStore;
  readonly openQueueProxy: OpenQueueProxy;
  /** The clock of objects; may be virtual. */
  readonly clock: Pick<Clock, "now">;
  /** The node's own clock: containers, probes and grace are on real time. */
  readonly nodeClock: Clock;
  readonly nodeName: string;
  readonly hostIP: string;
  readonly prefix: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: SessionNetwork | undefined;
  readonly dns: ((pod: Pod) => NonNullable<ContainerSpec["dns"]>) | undefined;
  readonly extraHosts: readonly string[];
  readonly volumes: VolumeKeeper;
  /** Frozen containers (`--wake freeze`); undefined: none are kept. */
  readonly frozenPods: FrozenPods | undefined;
  readonly startCommand: (pod: Pod) => StartCommand | undefined;
  readonly pullConfigs: (pod: Pod) => readonly RegistryConfig[];
  readonly record: (pod: Pod, note: EventNote) => void;
  readonly starts: ConcurrencyLimit;
  readonly stopPolicy: () => StopPolicy;
  /** Events of this container go to `listener` until disposed. */
  readonly listen: (containerId: string, listener: (event: RuntimeEvent) => void) => Disposable;
  /** Counts an operation as under way until it settles (the virtual clock waits for these). */
  readonly track: <T>(work: Promise<T>) => Promise<T>;
  readonly log: Logger;
}

/** When each step of a cold start was done, in ms of the node's clock. */
export interface StartMarks {
  accepted?: number;
  created?: number;
  started?: number;
  portOpen?: number;
  probeOk?: number;
}
