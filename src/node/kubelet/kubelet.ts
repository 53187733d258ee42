// Runs one worker for each Pod of this node, and passes the engine's events to the workers.
import type { StoredPod } from "../../apis/core/pod.ts";
import type { Deployment } from "../../apis/core/types.ts";
import type { Kind } from "../../apis/kinds.ts";
import { keyOf, type ObjectKey } from "../../apis/meta/key.ts";
import type { Stored } from "../../apis/meta/object.ts";
import type { PodAddress } from "../../base/address.ts";
import { runInBackground } from "../../base/background.ts";
import type { WatchEvent } from "../../control-plane/store/view.ts";
import type { RuntimeEvent } from "../runtime/runtime.ts";
import type { NodeParts, StopPolicy } from "./node-parts.ts";
import { SESSION_LABEL } from "./orphans.ts";
import { type FrozenPod, FrozenPods, idsOf } from "./pod/frozen-pods.ts";
import type { PodInstance } from "./pod/pod-instance.ts";
import { PodWorker } from "./pod/pod-worker.ts";
import { prewarm } from "./prewarm.ts";
import { SessionNetwork, type SessionNetworkOptions } from "./session-network.ts";
import type { StartRecords } from "./start-records.ts";
import { LiveUpdates } from "./volumes/live-updates.ts";
import { makeVolumes } from "./volumes/make-volumes.ts";
import { ROLE_LABEL, WRITER_ROLE } from "./volumes/volume-writer.ts";

export interface KubeletOptions
  extends Omit<NodeParts, "listen" | "track" | "reported" | "stopPolicy" | "volumes" | "network" | "frozenPods"> {
  readonly stopPolicy: StopPolicy;
  /** The session's network. The caller opens and closes it. */
  readonly network: SessionNetworkOptions["first"] | undefined;
  /** `freeze`: the kubelet pauses a pod that scales to zero, and resumes it at the next wake. Default: cold. */
  readonly wake?: "cold" | "freeze";
  readonly startRecords?: StartRecords;
  /** Called when the engine becomes unreachable, and when it is reachable again. */
  readonly onEngine?: (state: "unreachable" | "reachable") => void;
}

/** At the end of a session, in-flight requests get 5 s, and containers get 2 s after their stop signal. */
const SESSION_END_POLICY: StopPolicy = { stopTimeoutMs: 2_000, quietMs: 0, graceMs: 5_000, last: true };

export class Kubelet {
  readonly #parts: NodeParts;
  readonly #workers = new Map<string, PodWorker>();
  readonly #listeners = new Map<string, (event: RuntimeEvent) => unknown>();
  readonly #closing = new AbortController();
  readonly #idlers = new Set<() => void>();
  readonly #updates: LiveUpdates;
  readonly #startRecords: StartRecords | undefined;
  #stopPolicy: StopPolicy;
  /** The number of node operations in progress. */
  #inProgress = 0;
  #watches: Disposable[] = [];
  #events: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: KubeletOptions) {
    const { stopPolicy, onEngine, network, startRecords, wake = "cold", ...given } = options;
    const parts = { ...given, reported: new Set<string>() };
    this.#stopPolicy = stopPolicy;
    this.#startRecords = startRecords;
    const { runtime, prefix, labels } = parts;
    const session = network && new SessionNetwork({ runtime, first: network, name: prefix, labels });
    const volumes = makeVolumes(parts);
    const freezes = wake === "freeze" && runtime.capabilities.pause;
    this.#parts = {
      ...parts,
      network: session,
      frozenPods: freezes ? makeFrozenPods({ ...parts, volumes, network: session }) : undefined,
      volumes,
      stopPolicy: () => this.#stopPolicy,
      listen: (id, listener) => this.#listen(id, listener),
      track: (work) => this.#track(work),
    };
    this.#updates = new LiveUpdates({
      volumes: this.#parts.volumes,
      clock: parts.nodeClock,
      onFailed: (failed) => this.#onStaleVolume(failed),
    });
    this.#events = this.#readEvents(onEngine ?? (() => {})).catch((error: unknown) =>
      parts.log.error("the engine's events cannot be read", { error }),
    );
    const { store } = parts;
    const watch = (kind: Kind, run: (event: WatchEvent) => void): void => {
      this.#watches.push(store.watch({ kind }, run));
    };
    watch("Pod", ({ type, object }) => {
      if (type === "DELETED") this.#onRemoved(object as StoredPod);
      else this.#onPod(object as StoredPod);
    });
    watch("ConfigMap", ({ key }) => this.#onConfig(key));
    watch("Secret", ({ key }) => this.#onConfig(key));
    watch("Deployment.apps", ({ type, object, old }) => {
      const sameTemplate = (old as Deployment | undefined)?.spec.template === (object as Deployment).spec.template;
      if (sameTemplate && type !== "DELETED") return;
      const { uid } = object.metadata;
      this.#run("removing frozen pods", () =>
        this.#parts.frozenPods?.dropWhere(({ key }) => key.startsWith(`${uid}/`)),
      );
      if (type !== "DELETED") this.#onDeployment(object as Stored<Deployment>);
    });
    for (const deployment of store.list("Deployment.apps")) this.#onDeployment(deployment);
    for (const pod of store.list("Pod")) this.#onPod(pod);
  }

  /** Resolves as soon as no create, start, first readiness or stop is in progress. */
  idle(): Promise<void> {
    if (this.#inProgress === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.add(resolve));
  }

  /** Returns the ids of the pod's containers with this name, the current one first. */
  containersOf(pod: ObjectKey<"Pod">, container: string): readonly string[] {
    return this.#workerOf(pod)?.containersOf(container) ?? [];
  }

  /** Returns the address at which knap reaches a port of the pod's serving container, while that container runs. */
  addressOf(pod: ObjectKey<"Pod">, port: number): PodAddress | undefined {
    return this.#workerOf(pod)?.addressOf(port);
  }

  /** All pods of this node, also those that stop. */
  get instances(): readonly PodInstance[] {
    return [...this.#workers.values()].map(({ instance }) => instance);
  }

  get frozenPods(): readonly FrozenPod[] {
    return this.#parts.frozenPods?.all ?? [];
  }

  /** Removes frozen pods, for example because they have old files. */
  dropFrozenPods(isObsolete: (pod: StoredPod) => boolean): void {
    this.#run("removing frozen pods", () => this.#parts.frozenPods?.dropWhere(({ pod }) => isObsolete(pod)));
  }

  /** Stops all pods and accepts no new ones. A later {@link forceStop} kills the containers of pods that still stop. */
  async stopAll(stopPolicy: StopPolicy = SESSION_END_POLICY): Promise<void> {
    this.#stopped = true;
    this.#stopPolicy = { ...stopPolicy, last: true };
    await Promise.all([...this.#workers.values()].map((worker) => worker.stop()));
    await this.idle();
  }

  /** Kills and removes all containers at once. */
  async forceStop(): Promise<void> {
    this.#stopped = true;
    for (const worker of this.#workers.values()) worker.forceStop();
    await this.idle();
  }

  /** Stops watching, and removes volumes and leftover containers. Call it after {@link stopAll}. */
  async close(): Promise<void> {
    for (const watch of this.#watches) watch[Symbol.dispose]();
    this.#updates[Symbol.dispose]();
    this.#closing.abort();
    await this.#events;
    await this.#parts.frozenPods?.dropAll();
    await this.#removeLeftovers({ last: true }).catch((error: unknown) =>
      this.#parts.log.warn("leftover containers not removed", { error }),
    );
    await this.#parts.volumes.close();
    await this.#parts.network?.close();
  }

  #workerOf(pod: ObjectKey<"Pod">): PodWorker | undefined {
    return [...this.#workers.values()].find(({ key }) => key.namespace === pod.namespace && key.name === pod.name);
  }

  #onPod(pod: StoredPod): void {
    const uid = pod.metadata.uid;
    const known = this.#workers.get(uid);
    if (known) {
      known.update(pod);
      return;
    }
    if (pod.spec.nodeName !== this.#parts.nodeName || this.#stopped) return;
    if (pod.metadata.deletionTimestamp !== undefined) {
      // The pod was deleted before its start, so there is nothing to stop.
      this.#parts.store.confirmDeleted(keyOf(pod), uid);
      return;
    }
    const worker = new PodWorker(this.#parts, pod, () => {
      this.#workers.delete(uid);
      record?.[Symbol.dispose]();
    });
    const record = this.#startRecords?.add(pod, worker);
    this.#workers.set(uid, worker);
    worker.reconcile();
  }

  /** A forced delete removes the object from the store before the pod has stopped. */
  #onRemoved(pod: StoredPod): void {
    this.#workers.get(pod.metadata.uid)?.forceStop();
  }

  #onConfig({ namespace, name }: ObjectKey): void {
    this.#run("updating volumes", () => this.#updates.changed(namespace, name));
    // A frozen container has read the old configuration, and a new pod must get the new one.
    const isObsolete = ({ pod }: Pick<FrozenPod, "pod">): boolean => pod.metadata.namespace === namespace;
    this.#run("removing frozen pods", () => this.#parts.frozenPods?.dropWhere(isObsolete));
    for (const worker of this.#workers.values())
      if (worker.key.namespace === namespace) worker.send({ type: "retryRequested" });
  }

  /** As in a cluster, pods keep the old files of the volume, and get an Event. */
  #onStaleVolume({ namespace, volume, error }: { namespace: string; volume: string; error: string }): void {
    this.#parts.log.warn("volume not updated", { namespace, volume, error });
    const message = `MountVolume.SetUp failed for volume "${volume}" : ${error}`;
    for (const { facts } of this.#workers.values()) {
      const { pod } = facts;
      const concerned = pod.metadata.namespace === namespace && pod.spec.volumes?.some(({ name }) => name === volume);
      if (concerned) this.#parts.record(pod, { type: "Warning", reason: "FailedMount", message });
    }
  }

  #onDeployment(deployment: Stored<Deployment>): void {
    if (this.#stopped) return;
    const onError = (error: unknown): void => this.#parts.log.debug("prewarm failed", { error });
    this.#run("prewarm", () => this.#track(prewarm(this.#parts, deployment).catch(onError)));
  }

  #listen(id: string, listener: (event: RuntimeEvent) => unknown): Disposable {
    this.#listeners.set(id, listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(id) };
  }

  async #readEvents(onEngine: (state: "unreachable" | "reachable") => void): Promise<void> {
    const { runtime, log } = this.#parts;
    for await (const event of runtime.events(this.#closing.signal)) {
      if (event.type === "unreachable" || event.type === "reachable") {
        const { type } = event;
        log.warn(`container engine ${type}`);
        this.#run("reporting the engine's state", () => onEngine(type));
        if (type === "reachable") this.#run("checking containers", () => this.#recheck());
      } else this.#run("handling an event of the engine", () => this.#listeners.get(event.containerId)?.(event));
    }
  }

  /** After an outage of the engine, inspects all containers and removes leftovers. */
  async #recheck(): Promise<void> {
    const { log, network } = this.#parts;
    try {
      await network?.renew();
      await this.#removeLeftovers();
      await Promise.all([...this.#workers.values()].map((worker) => worker.recheck()));
    } catch (error) {
      // If the engine is unreachable again, the next `reachable` event repeats this.
      log.warn("containers not checked", { error });
    }
  }

  /** Removes containers of pods that this node no longer has. `last`: also removes leftover volume writers. */
  async #removeLeftovers({ last = false } = {}): Promise<void> {
    const { runtime, labels } = this.#parts;
    const [name, value] =
      Object.entries(labels).find(([key]) => key === SESSION_LABEL) ?? Object.entries(labels)[0] ?? [];
    if (name === undefined) return;
    const found = await runtime.list(`${name}=${value}`);
    const workers = [...this.#workers.values()];
    // Also checked by id, because a thawed container has the label of the pod that was frozen.
    const used = new Set([...this.frozenPods.flatMap(idsOf), ...workers.flatMap(({ containerIds }) => containerIds)]);
    const leftovers = found.filter(({ id, labels: own }) => {
      const uid = own["knap.dev/pod-uid"];
      if (last && own[ROLE_LABEL] === WRITER_ROLE) return true;
      return uid !== undefined && !this.#workers.has(uid) && !used.has(id);
    });
    await Promise.all(leftovers.map(({ id }) => runtime.remove(id)));
  }

  /** Runs work that no caller awaits. */
  #run(what: string, work: () => unknown): void {
    runInBackground(this.#parts.log, what, work);
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#inProgress++;
    try {
      return await work;
    } finally {
      this.#inProgress--;
      if (this.#inProgress === 0) {
        for (const idler of this.#idlers) idler();
        this.#idlers.clear();
      }
    }
  }
}

function makeFrozenPods({
  runtime,
  nodeClock,
  log,
  network,
  volumes,
}: Pick<NodeParts, "runtime" | "nodeClock" | "log" | "network" | "volumes">): FrozenPods {
  const onDropped = ({ pod, sandbox }: FrozenPod): void => {
    if (sandbox.address) network?.give(sandbox.address);
    runInBackground(log, "removing the volumes of a frozen pod", () => volumes.release(pod));
  };
  return new FrozenPods({ runtime, clock: nodeClock, log, onDropped });
}
