// A node that runs nothing: Pods become ready after a time, and go when they are drained, as a kubelet would write it. For simulations; it opens
// no socket and starts no container.
import type { ContainerStatus, CoreCondition, Pod, PodStatus } from "../apis/core/types.ts";
import { keyOf, type ObjectKey } from "../apis/meta/key.ts";
import type { Clock, Time } from "../base/clock.ts";
import { timeText } from "../base/time.ts";
import type { ObjectStore } from "../control-plane/store/object-store.ts";
import type { WatchEvent } from "../control-plane/store/view.ts";

export interface PaperNodeOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** In [0, 1): where in the spread a pod's start falls. */
  readonly random: () => number;
  /** From the node's word that the pod is its own to Ready. */
  readonly startUpMs: number;
  /** Added to it, uniformly from 0 to this. */
  readonly startUpSpreadMs: number;
  /** Pods came or went: so many are here now. */
  readonly onSize?: (size: number) => void;
  /** The pod is Ready: it can take requests. */
  readonly onStarted?: (pod: Pod, ip: string) => void;
  /** The pod must stop: call `done` when its requests are over. Absent: at once. */
  readonly onStopping?: (pod: Pod, done: () => void) => void;
  /** The pod is gone. */
  readonly onGone?: (pod: Pod) => void;
}

interface PaperPod {
  readonly ip: string;
  readonly startedAt: Time;
  timer: Disposable | undefined;
  stopping: boolean;
}

/** Starts fall on this grid, so that many pods that start together are looked at together. */
const GRID_MS = 50;

export class PaperNode {
  readonly #options: PaperNodeOptions;
  readonly #pods = new Map<string, PaperPod>();
  #addresses = 0;
  #watch: Disposable | undefined;

  constructor(options: PaperNodeOptions) {
    this.#options = options;
  }

  /** Watches the store's Pods from now on, and takes those that are there. */
  start(): void {
    const { store } = this.#options;
    const watch = store.watch({ kind: "Pod" }, (event) => this.#observe(event));
    if (!("refused" in watch)) this.#watch = watch;
    for (const pod of store.list("Pod")) this.#observe({ type: "ADDED", object: pod });
  }

  /** Pods that are here: starting, ready or stopping. */
  get size(): number {
    return this.#pods.size;
  }

  close(): void {
    this.#watch?.[Symbol.dispose]();
    for (const pod of this.#pods.values()) pod.timer?.[Symbol.dispose]();
  }

  #observe({ type, object }: Pick<WatchEvent, "type" | "object">): void {
    const pod = object as Pod;
    const uid = pod.metadata.uid ?? "";
    const known = this.#pods.get(uid);
    if (type === "DELETED") this.#forget(pod, uid);
    else if (pod.metadata.deletionTimestamp !== undefined) this.#stop(pod, known);
    else if (!known && pod.spec.nodeName !== undefined) this.#take(pod, uid);
  }

  #take(pod: Pod, uid: string): void {
    const { clock, random, startUpMs, startUpSpreadMs, store } = this.#options;
    const now = clock.now();
    const address = ++this.#addresses;
    const ip = `10.214.${(address >> 8) & 255}.${address & 255}`;
    const due = now + startUpMs + random() * startUpSpreadMs;
    const paper: PaperPod = { ip, startedAt: now, timer: undefined, stopping: false };
    this.#pods.set(uid, paper);
    this.#options.onSize?.(this.#pods.size);
    paper.timer = clock.at(Math.ceil(due / GRID_MS) * GRID_MS, () => this.#ready(keyOf(pod) as ObjectKey<"Pod">, uid));
    store.writeStatus(keyOf(pod), this.#status(pod, paper, false));
  }

  #ready(key: ObjectKey<"Pod">, uid: string): void {
    const { store, onStarted } = this.#options;
    const pod = store.get("Pod", key.namespace, key.name);
    const paper = this.#pods.get(uid);
    if (!pod || !paper || pod.metadata.uid !== uid) return;
    paper.timer = undefined;
    store.writeStatus(key, this.#status(pod, paper, true));
    onStarted?.(pod, paper.ip);
  }

  #stop(pod: Pod, paper: PaperPod | undefined): void {
    const { store, onStopping } = this.#options;
    const key = keyOf(pod) as ObjectKey<"Pod">;
    const uid = pod.metadata.uid ?? "";
    if (!paper) {
      store.confirmDeleted(key, uid);
      return;
    }
    if (paper.stopping) return;
    paper.stopping = true;
    const done = (): void => {
      store.confirmDeleted(key, uid);
    };
    paper.timer?.[Symbol.dispose]();
    if (onStopping) onStopping(pod, done);
    else done();
  }

  #forget(pod: Pod, uid: string): void {
    const paper = this.#pods.get(uid);
    if (!paper) return;
    paper.timer?.[Symbol.dispose]();
    this.#pods.delete(uid);
    this.#options.onSize?.(this.#pods.size);
    this.#options.onGone?.(pod);
  }

  #status(pod: Pod, paper: PaperPod, ready: boolean): PodStatus {
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
      podIP: paper.ip,
      podIPs: [{ ip: paper.ip }],
      startTime: timeText(paper.startedAt),
    };
  }
}
