// Writes Pod statuses as a kubelet does, without containers. A pod becomes ready after a set time.
import type { ContainerStatus, CoreCondition, Pod, PodStatus } from "../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../apis/meta/key.ts";
import type { Stored } from "../apis/meta/object.ts";
import type { Clock, Time } from "../base/clock.ts";
import { timeText } from "../base/time.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";

export interface SimulatedNodeOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** Returns a number in [0, 1), to choose a start time within the spread. */
  readonly random: () => number;
  /** The time from binding to the node until Ready. */
  readonly startUpMs: number;
  /** A random time between 0 and this is added. */
  readonly startUpSpreadMs: number;
  /** Called with the number of pods on the node when it changes. */
  readonly onSize?: (size: number) => void;
  /** Called when a pod is Ready. */
  readonly onStarted?: (pod: Pod, ip: string) => void;
  /**
   * Called when a pod must stop. The function calls `done` when the pod's requests have ended. If absent, pods stop at
   * once.
   */
  readonly onStopping?: (pod: Pod, done: () => void) => void;
  /** Called when a pod has been removed. */
  readonly onGone?: (pod: Pod) => void;
}

interface SimulatedPod {
  readonly ip: string;
  readonly startedAt: Time;
  timer: Disposable | undefined;
  stopping: boolean;
}

/** Pods become ready at multiples of this time, so that the reconcilers handle several pods in one round. */
const GRID_MS = 50;

export class SimulatedNode {
  readonly #options: SimulatedNodeOptions;
  readonly #pods = new Map<string, SimulatedPod>();
  #addresses = 0;
  #watch: Disposable | undefined;

  constructor(options: SimulatedNodeOptions) {
    this.#options = options;
  }

  /** Starts the existing Pods and watches for new ones. */
  start(): void {
    const { store } = this.#options;
    this.#watch = store.watch({ kind: "Pod" }, (event) => this.#observe(event));
    for (const pod of store.list("Pod")) this.#observe({ type: "ADDED", object: pod });
  }

  /** The number of pods that are starting, ready or stopping. */
  get size(): number {
    return this.#pods.size;
  }

  close(): void {
    this.#watch?.[Symbol.dispose]();
    for (const pod of this.#pods.values()) pod.timer?.[Symbol.dispose]();
  }

  #observe({ type, object }: Pick<WatchEvent, "type" | "object">): void {
    const pod = object as Stored<Pod>;
    const { uid } = pod.metadata;
    const known = this.#pods.get(uid);
    if (type === "DELETED") this.#forget(pod, uid);
    else if (pod.metadata.deletionTimestamp !== undefined) this.#stop(pod, known);
    else if (!known && pod.spec.nodeName !== undefined) this.#take(pod, uid);
  }

  #take(pod: Stored<Pod>, uid: string): void {
    const { clock, random, startUpMs, startUpSpreadMs, store } = this.#options;
    const now = clock.now();
    const address = ++this.#addresses;
    const ip = `10.214.${(address >> 8) & 255}.${address & 255}`;
    const due = now + startUpMs + random() * startUpSpreadMs;
    const simulated: SimulatedPod = { ip, startedAt: now, timer: undefined, stopping: false };
    this.#pods.set(uid, simulated);
    this.#options.onSize?.(this.#pods.size);
    simulated.timer = clock.at(Math.ceil(due / GRID_MS) * GRID_MS, () =>
      this.#ready(keyOf(pod) as ObjectKey<"Pod">, uid),
    );
    store.writeStatus(keyOf(pod), this.#status(pod, simulated, false));
  }

  #ready(key: ObjectKey<"Pod">, uid: string): void {
    const { store, onStarted } = this.#options;
    const pod = store.get("Pod", key.namespace, key.name);
    const simulated = this.#pods.get(uid);
    if (!pod || !simulated || pod.metadata.uid !== uid) return;
    simulated.timer = undefined;
    store.writeStatus(key, this.#status(pod, simulated, true));
    onStarted?.(pod, simulated.ip);
  }

  #stop(pod: Stored<Pod>, simulated: SimulatedPod | undefined): void {
    const { store, onStopping } = this.#options;
    const key = keyOf(pod) as ObjectKey<"Pod">;
    const { uid } = pod.metadata;
    if (!simulated) {
      store.confirmDeleted(key, uid);
      return;
    }
    if (simulated.stopping) return;
    simulated.stopping = true;
    const done = (): void => {
      store.confirmDeleted(key, uid);
    };
    simulated.timer?.[Symbol.dispose]();
    if (onStopping) onStopping(pod, done);
    else done();
  }

  #forget(pod: Pod, uid: string): void {
    const simulated = this.#pods.get(uid);
    if (!simulated) return;
    simulated.timer?.[Symbol.dispose]();
    this.#pods.delete(uid);
    this.#options.onSize?.(this.#pods.size);
    this.#options.onGone?.(pod);
  }

  #status(pod: Pod, simulated: SimulatedPod, ready: boolean): PodStatus {
    const at = timeText(this.#options.clock.now());
    const mark = (type: string, isTrue: boolean): CoreCondition => ({
      type,
      status: isTrue ? "True" : "False",
      lastTransitionTime: at,
      ...(!isTrue && { reason: "ContainersNotReady" }),
    });
    const kept = (pod.status?.conditions ?? []).filter(({ type }) => type === "PodScheduled");
    return {
      phase: ready ? "Running" : "Pending",
      conditions: [...kept, mark("Initialized", true), mark("ContainersReady", ready), mark("Ready", ready)],
      containerStatuses: pod.spec.containers.map(
        ({ name = "", image = "" }): ContainerStatus => ({
          name,
          image,
          imageID: image,
          ready,
          started: ready,
          restartCount: 0,
          state: ready ? { running: { startedAt: at } } : { waiting: { reason: "ContainerCreating" } },
        }),
      ),
      podIP: simulated.ip,
      podIPs: [{ ip: simulated.ip }],
      startTime: timeText(simulated.startedAt),
    };
  }
}
