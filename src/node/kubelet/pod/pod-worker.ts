// One pod on this node: reduces events to facts, writes the status, carries out the plan, and stops the pod. One worker
// per pod uid.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import { sameJson } from "../../../base/json.ts";
import { timeText } from "../../../base/time.ts";
import type { UsableImage } from "../../image/image-library.ts";
import { ContainerMonitors } from "../container/container-monitors.ts";
import { ContainerRunner } from "../container/container-runner.ts";
import type { NodeParts } from "../node-parts.ts";
import type { QueueProxyPort } from "../queue-proxy-port.ts";
import { frozenPodKey } from "./frozen-pods.ts";
import type { PodEvent, PodState } from "./pod-events.ts";
import type { ContainerFacts, PodFacts, RunningFacts } from "./pod-facts.ts";
import { freezePod } from "./pod-freeze.ts";
import { noticeOf } from "./pod-notices.ts";
import { type PodStep, planPod } from "./pod-plan.ts";
import { PodRendering } from "./pod-rendering.ts";
import { PodSandbox } from "./pod-sandbox.ts";
import { makePodStatus } from "./pod-status.ts";
import { drainPod, endPod } from "./pod-stop.ts";
import { firstFacts, queueProxyFacts, reducePod, servingFacts } from "./reduce-pod.ts";

/**
 * A pod that neither becomes ready nor fails counts as a node operation for this long; after that, virtual time goes
 * on.
 */
const FIRST_READY_TIMEOUT_MS = 30_000;

export class PodWorker implements PodState {
  readonly uid: string;
  readonly key: ObjectKey<"Pod">;
  readonly #parts: NodeParts;
  readonly #runners: ReadonlyMap<string, ContainerRunner>;
  /** By id of the container that they watch. */
  readonly #monitors = new Map<string, ContainerMonitors>();
  readonly #sandbox: PodSandbox;
  readonly #onGone: () => void;
  readonly #forced = new AbortController();
  readonly #endFirstReady: () => void;
  #facts: PodFacts;
  #timer: Disposable | undefined;
  #marksWritten = false;

  constructor(parts: NodeParts, pod: StoredPod, onGone: () => void) {
    this.#parts = parts;
    this.#onGone = onGone;
    this.uid = pod.metadata.uid;
    this.key = keyOf(pod) as ObjectKey<"Pod">;
    const at = parts.nodeClock.now();
    const frozenPod = parts.frozenPods?.take(frozenPodKey(pod));
    if (frozenPod) parts.volumes.handOver(frozenPod.pod, pod);
    this.#sandbox = new PodSandbox(parts, pod, this, frozenPod?.sandbox);
    const { first: sandbox, address } = this.#sandbox;
    const knownImage = (container: Container): UsableImage | undefined => findKnownImage(parts, container);
    this.#facts = firstFacts({ pod, at, sandbox, address, frozen: frozenPod?.containers, knownImage });
    const rendering = new PodRendering(parts, this.#sandbox);
    this.#runners = new Map(
      this.#facts.containers.map(({ name }) => [name, new ContainerRunner(parts, this, rendering, name)]),
    );
    this.#endFirstReady = this.#trackFirstReady();
  }

  get facts(): PodFacts {
    return this.#facts;
  }

  /** The ids of the containers with this name, the present one first: for logs and exec. */
  containersOf(name: string): readonly string[] {
    return this.#runners.get(name)?.ids ?? [];
  }

  /** The ids of all containers of the pod on the engine, including frozen ones that it has not thawed yet. */
  get containerIds(): readonly string[] {
    const frozen = this.#facts.containers.flatMap((container) => container.frozen?.containerId ?? []);
    return [...[...this.#runners.values()].flatMap(({ ids }) => ids), ...frozen, this.#sandbox.id ?? []].flat();
  }

  /** Takes the object as it is now in the store; a deletion timestamp stops the pod. */
  update(pod: StoredPod): void {
    this.#facts = reducePod(this.#facts, { type: "podChanged", pod });
    if (pod.metadata.deletionTimestamp !== undefined) void this.stop();
  }

  /** Changes the facts, records the event where Kubernetes does, and takes the next steps. */
  send(event: PodEvent): void {
    const notice = noticeOf(event, this.#facts);
    this.#facts = reducePod(this.#facts, event);
    if (notice) this.#parts.record(this.#facts.pod, notice);
    this.reconcile();
  }

  /** After an outage of the engine: reads the state of all containers anew. */
  async recheck(): Promise<void> {
    await this.#sandbox.check();
    await Promise.all([...this.#runners.values()].map((runner) => runner.inspect()));
    this.send({ type: "retryRequested" });
  }

  /** Makes monitors, status and next steps follow the facts. */
  reconcile(): void {
    if (this.#facts.stopping) return;
    this.#followRuns();
    this.#writeStatus();
    this.#timer?.[Symbol.dispose]();
    const { nodeClock } = this.#parts;
    const steps = planPod(this.#facts, nodeClock.now());
    // All steps are marked as taken before the first effect, because an effect may send events at once.
    for (const step of steps) this.#facts = reducePod(this.#facts, { type: "stepTaken", step });
    const next = Math.min(...steps.map((step) => (step.do === "reconcileAt" ? step.at : Number.POSITIVE_INFINITY)));
    if (Number.isFinite(next)) this.#timer = nodeClock.at(next, () => this.reconcile());
    for (const step of steps) this.#carryOut(step);
  }

  /**
   * Stops the pod as the stop policy says; resolves when nothing of it is left on the engine. Later calls return at
   * once.
   */
  async stop(): Promise<void> {
    if (this.#facts.stopping) return;
    this.#facts = reducePod(this.#facts, { type: "stopRequested" });
    this.#endFirstReady();
    this.#timer?.[Symbol.dispose]();
    await this.#parts.track(this.#stop());
  }

  /** Kills and removes all containers now. */
  forceStop(): void {
    this.#forced.abort();
    void this.stop();
  }

  async #stop(): Promise<void> {
    const parts = this.#parts;
    const runners = [...this.#runners.values()];
    for (const monitors of this.#monitors.values()) monitors.suspend();
    const queueProxy = this.#queueProxy();
    const stopping = { state: this, queueProxy, runners, forced: this.#forced.signal, began: parts.nodeClock.now() };
    const healthy = queueProxyFacts(this.#facts)?.ready ?? false;
    await drainPod(parts, stopping);
    const idle = healthy && !this.#forced.signal.aborted && (queueProxy?.inFlight() ?? 0) === 0;
    const thawed = this.#facts.containers.every(({ frozen }) => frozen === undefined);
    const frozenPod =
      idle && thawed ? await freezePod(parts, { state: this, runners, sandbox: this.#sandbox }) : undefined;
    if (!frozenPod) await endPod(parts, stopping);
    for (const monitors of this.#monitors.values()) monitors.close();
    for (const { name, frozen } of this.#facts.containers) {
      if (frozen) this.#runners.get(name)?.adopt(frozen.containerId);
    }
    try {
      if (frozenPod) parts.frozenPods?.put(frozenPod);
      await Promise.all(runners.map((runner) => runner.remove()));
      await this.#sandbox.close();
      if (!frozenPod) await parts.volumes.release(this.#facts.pod);
    } catch (error) {
      parts.log.warn("pod not removed completely", { pod: this.key.name, error });
    }
    this.#onGone();
    parts.store.confirmDeleted(this.key, this.uid);
  }

  #carryOut(step: PodStep): void {
    const { log } = this.#parts;
    const track = <T>(work: Promise<T>): Promise<unknown> =>
      this.#parts
        .track(work)
        .catch((error) => log.error("step of a pod failed", { pod: this.key.name, step: step.do, error }));
    if (step.do === "reconcileAt") return;
    if (step.do === "openSandbox") return void track(this.#sandbox.open());
    const runner = this.#runners.get(step.container);
    if (!runner) return;
    if (step.do === "fetchImage") void track(runner.fetchImage());
    else if (step.do === "start") void track(runner.start());
    else if (step.do === "endContainer") {
      if (step.failedProbe) runner.endGracefully(step.containerId);
      else void runner.signal("SIGKILL");
    } else {
      const run = this.#facts.containers.find(({ name }) => name === step.container)?.run;
      if (run?.state === "starting" && run.containerId !== undefined) void track(runner.thaw(run.containerId));
    }
  }

  /** Starts monitors for containers that run and closes those of containers that have ended. */
  #followRuns(): void {
    const running = new Map<string, ContainerFacts>();
    for (const container of this.#facts.containers) {
      if (container.run.state === "running") running.set(container.run.containerId, container);
    }
    for (const [id, monitors] of this.#monitors) {
      if (running.has(id)) continue;
      this.#monitors.delete(id);
      monitors.close();
    }
    const serving = servingFacts(this.#facts);
    for (const [id, container] of running) {
      if (!this.#monitors.has(id)) this.#monitors.set(id, this.#watch(id, container, container === serving));
    }
  }

  #watch(containerId: string, { name, spec }: ContainerFacts, serving: boolean): ContainerMonitors {
    const run = (): RunningFacts | undefined => {
      const found = this.#facts.containers.find((container) => container.name === name)?.run;
      return found?.state === "running" && found.containerId === containerId ? found : undefined;
    };
    return new ContainerMonitors(
      this.#parts,
      {
        pod: this,
        container: spec,
        containerId,
        addressOf: (port) => this.#sandbox.addressOf(run()?.engine, port),
        report: (event) => this.send({ ...event, container: name, containerId }),
      },
      serving,
    );
  }

  #queueProxy(): QueueProxyPort | undefined {
    return [...this.#monitors.values()].find(({ queueProxy }) => queueProxy)?.queueProxy;
  }

  #writeStatus(): void {
    const facts = this.#facts;
    const { store, clock, nodeClock, hostIP, info } = this.#parts;
    const stored = store.get("Pod", this.key.namespace, this.key.name);
    if (stored?.metadata.uid !== this.uid) return;
    const at = timeText(clock.now());
    const frame = { previous: stored.status, at, now: nodeClock.now(), hostIP, runtimeName: info.name };
    const status = makePodStatus(facts, frame);
    if (!sameJson(status, stored.status)) store.writeStatus(this.key, status, { uid: this.uid });
    const ready = status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
    if (ready || facts.containers.some(hasTrouble)) this.#endFirstReady();
    if (ready) this.#writeMarks();
  }

  /** Shows the marks of the first start in an annotation. */
  #writeMarks(): void {
    if (this.#marksWritten) return;
    this.#marksWritten = true;
    const annotations = { "knap.dev/wake": JSON.stringify(this.#facts.marks) };
    this.#parts.store.patchMerge(this.key, { metadata: { annotations } });
  }

  /**
   * Counts the first start as a node operation until the pod is ready or has trouble; returns the function that ends
   * it.
   */
  #trackFirstReady(): () => void {
    const { nodeClock, track } = this.#parts;
    let end: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      end = resolve;
    });
    const timeout = nodeClock.at(nodeClock.now() + FIRST_READY_TIMEOUT_MS, end);
    void track(ready).finally(() => timeout[Symbol.dispose]());
    return end;
  }
}

/** The container will not become ready without a repetition. */
function hasTrouble({ init, blocked, image, run, last }: ContainerFacts): boolean {
  return blocked !== undefined || image.state === "failed" || (!init && (run.state === "exited" || last !== undefined));
}

/** The image of a container, when the engine is known to have it and the pull policy does not ask the registry. */
function findKnownImage(
  { runtime, library }: NodeParts,
  { image = "", imagePullPolicy }: Container,
): UsableImage | undefined {
  if (runtime.capabilities.images) return imagePullPolicy === "Always" ? undefined : library.peek(image);
  // The process runtime uses no image and no pull policy; its processes run as knap's own user.
  return { reference: "", imageId: "", user: String(process.getuid?.() ?? ""), stopSignal: "SIGTERM" };
}
