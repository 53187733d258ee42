// Runs one pod: reduces events to facts, writes the status, carries out the plan, stops the pod. Each pod uid has one
// worker.
import type { StoredPod } from "../../../apis/core/pod.ts";
import type { Container } from "../../../apis/core/pod-spec.ts";
import { keyOf, type ObjectKey } from "../../../apis/meta/key.ts";
import type { PodAddress } from "../../../base/address.ts";
import { runInBackground } from "../../../base/background.ts";
import { sameJson } from "../../../base/json.ts";
import { timeText } from "../../../base/time.ts";
import { ContainerMonitors } from "../container/container-monitors.ts";
import { ContainerRunner } from "../container/container-runner.ts";
import { findKnownImage } from "../container/image-fetch.ts";
import type { NodeParts } from "../node-parts.ts";
import type { QueueProxyPort } from "../queue-proxy-port.ts";
import { type FrozenPod, frozenPodKey } from "./frozen-pods.ts";
import type { PodEvent, PodState } from "./pod-events.ts";
import type { ContainerFacts, PodFacts, RunningFacts } from "./pod-facts.ts";
import { freezePod } from "./pod-freeze.ts";
import { PodInstance } from "./pod-instance.ts";
import { noticeOf } from "./pod-notices.ts";
import { type PodStep, planPod } from "./pod-plan.ts";
import { PodRendering } from "./pod-rendering.ts";
import { endForRestart } from "./pod-restart.ts";
import { PodSandbox } from "./pod-sandbox.ts";
import { makePodStatus } from "./pod-status.ts";
import { drainPod, endPod } from "./pod-stop.ts";
import { firstFacts, queueProxyFacts, reducePod, servingFacts } from "./reduce-pod.ts";

/** The virtual clock waits this long for a pod that neither becomes ready nor fails. */
const FIRST_READY_TIMEOUT_MS = 30_000;

export class PodWorker implements PodState {
  readonly uid: string;
  readonly key: ObjectKey<"Pod">;
  readonly instance: PodInstance;
  readonly #parts: NodeParts;
  readonly #runners: ReadonlyMap<string, ContainerRunner>;
  /** By id of the engine's container. */
  readonly #monitors = new Map<string, ContainerMonitors>();
  readonly #sandbox: PodSandbox;
  readonly #onGone: () => void;
  readonly #forced = new AbortController();
  readonly #endFirstReady: () => void;
  #facts: PodFacts;
  #timer: Disposable | undefined;
  #startTimesWritten = false;

  constructor(parts: NodeParts, pod: StoredPod, onGone: () => void) {
    this.#parts = parts;
    this.#onGone = onGone;
    this.uid = pod.metadata.uid;
    this.key = keyOf(pod) as ObjectKey<"Pod">;
    const at = parts.nodeClock.now();
    const frozenPod = parts.frozenPods?.take(frozenPodKey(pod));
    if (frozenPod) parts.volumes.handOver(frozenPod.pod, pod);
    this.#sandbox = new PodSandbox(parts, pod, this, frozenPod?.sandbox);
    const { initialState: sandbox, address } = this.#sandbox;
    const knownImage = (container: Container) => findKnownImage(parts, pod, container);
    this.#facts = firstFacts({ pod, at, sandbox, address, frozen: frozenPod?.containers, knownImage });
    const rendering = new PodRendering(parts, this.#sandbox);
    this.#runners = new Map(
      this.#facts.containers.map(({ name }) => [name, new ContainerRunner(parts, this, rendering, name)]),
    );
    this.instance = new PodInstance(parts, this, (name) => this.#runners.get(name)?.files);
    this.#endFirstReady = this.#trackFirstReady();
  }

  get facts(): PodFacts {
    return this.#facts;
  }

  /** Returns the ids of the engine's containers with this name, the current one first. */
  containersOf(name: string): readonly string[] {
    return this.#runners.get(name)?.ids ?? [];
  }

  /** Returns the address at which knap reaches a port of the serving container; undefined if it does not run. */
  addressOf(port: number): PodAddress | undefined {
    const run = servingFacts(this.#facts)?.run;
    return run?.state === "running" ? this.#sandbox.addressOf(run.engine, port) : undefined;
  }

  /** The ids of all containers of the pod on the engine, with frozen ones that are not resumed yet. */
  get containerIds(): readonly string[] {
    const frozen = this.#facts.containers.flatMap((container) => container.frozen?.containerId ?? []);
    return [...[...this.#runners.values()].flatMap(({ ids }) => ids), ...frozen, this.#sandbox.id ?? []].flat();
  }

  /** Takes the current object of the store. A deletion timestamp stops the pod. */
  update(pod: StoredPod): void {
    this.#facts = reducePod(this.#facts, { type: "podChanged", pod });
    if (pod.metadata.deletionTimestamp !== undefined) this.#run("stopping a pod", () => this.stop());
  }

  /** Changes the facts, records the event if Kubernetes does, and takes the next steps. */
  send(event: PodEvent): void {
    const notice = noticeOf(event, this.#facts);
    this.#facts = reducePod(this.#facts, event);
    if (notice) this.#parts.record(this.#facts.pod, notice);
    this.reconcile();
  }

  /** Reads the state of all containers, after an outage of the engine. */
  async recheck(): Promise<void> {
    await this.#sandbox.check();
    await Promise.all([...this.#runners.values()].map((runner) => runner.inspect()));
    this.send({ type: "retryRequested" });
  }

  /** Updates monitors and status from the facts, and takes the next steps. */
  reconcile(): void {
    if (this.#facts.stopping) return;
    this.#updateMonitors();
    this.#writeStatus();
    this.instance.check();
    this.#timer?.[Symbol.dispose]();
    const { nodeClock } = this.#parts;
    const steps = planPod(this.#facts, nodeClock.now());
    // All steps are marked as taken before the first one is carried out, because that may send events at once.
    for (const step of steps) this.#facts = reducePod(this.#facts, { type: "stepTaken", step });
    const next = Math.min(...steps.map((step) => (step.do === "reconcileAt" ? step.at : Number.POSITIVE_INFINITY)));
    if (Number.isFinite(next)) this.#timer = nodeClock.at(next, () => this.reconcile());
    for (const step of steps) this.#carryOut(step);
  }

  /** Stops the pod. Resolves when nothing of it is left on the engine. Later calls return at once. */
  async stop(): Promise<void> {
    if (this.#facts.stopping) return;
    this.#facts = reducePod(this.#facts, { type: "stopRequested" });
    this.instance.check();
    this.#endFirstReady();
    this.#timer?.[Symbol.dispose]();
    await this.#parts.track(this.#stop());
  }

  /** Kills and removes all containers at once. */
  forceStop(): void {
    this.#forced.abort();
    this.#run("stopping a pod", () => this.stop());
  }

  /** After an error, the pod still counts as stopped. The end of the session removes what is left of it. */
  async #stop(): Promise<void> {
    const { log, store } = this.#parts;
    const onError = (error: unknown): void => log.warn("pod not removed completely", { pod: this.key.name, error });
    const frozenPod = await this.#endContainers().catch(onError);
    await this.#remove(frozenPod ?? undefined).catch(onError);
    this.#onGone();
    // As in a cluster, the last status tells how the containers ended. Planners run later and do not see it.
    if (!frozenPod) this.#writeStatus();
    store.confirmDeleted(this.key, this.uid);
  }

  /** Stops the containers after their requests, or freezes them. Returns the frozen pod. */
  async #endContainers(): Promise<FrozenPod | undefined> {
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
    return frozenPod;
  }

  /** Removes the containers, or keeps them as a frozen pod. */
  async #remove(frozenPod: FrozenPod | undefined): Promise<void> {
    const { frozenPods, volumes } = this.#parts;
    for (const monitors of this.#monitors.values()) monitors.close();
    for (const { name, frozen } of this.#facts.containers) {
      if (frozen) this.#runners.get(name)?.adopt(frozen.containerId);
    }
    if (frozenPod) await frozenPods?.put(frozenPod);
    await Promise.all([...this.#runners.values()].map((runner) => runner.remove()));
    await this.#sandbox.close();
    if (!frozenPod) await volumes.release(this.#facts.pod);
  }

  #carryOut(step: PodStep): void {
    const track = (work: () => Promise<void>): void => this.#run(step.do, () => this.#parts.track(work()));
    if (step.do === "reconcileAt") return;
    if (step.do === "openSandbox") {
      track(() => this.#sandbox.open());
      return;
    }
    const runner = this.#runners.get(step.container);
    if (!runner) return;
    if (step.do === "fetchImage") track(() => runner.fetchImage());
    else if (step.do === "start") track(() => runner.start());
    else if (step.do === "startAgain") track(() => runner.startAgain(step.containerId));
    else if (step.do === "endForRestart")
      track(() => endForRestart(this.#parts, this.#monitors.get(step.containerId), runner));
    else if (step.do === "endContainer") {
      if (step.failedProbe) runner.endGracefully(step.containerId);
      else this.#run("killing a container", () => runner.signal("SIGKILL"));
    } else {
      const run = this.#facts.containers.find(({ name }) => name === step.container)?.run;
      const containerId = run?.state === "starting" ? run.containerId : undefined;
      if (containerId !== undefined) track(() => runner.thaw(containerId));
    }
  }

  /** Runs work that no caller awaits. */
  #run(what: string, work: () => unknown): void {
    runInBackground(this.#parts.log.child({ pod: this.key.name }), what, work);
  }

  /** Starts the monitors of new starts, and closes those of containers that have exited. */
  #updateMonitors(): void {
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
    const { store, clock, nodeClock, hostIP, info, log } = this.#parts;
    const stored = store.get("Pod", this.key.namespace, this.key.name);
    if (stored?.metadata.uid !== this.uid) return;
    const at = timeText(clock.now());
    const frame = { previous: stored.status, at, now: nodeClock.now(), hostIP, runtimeName: info.name };
    const status = makePodStatus(facts, frame);
    if (!sameJson(status, stored.status)) {
      const outcome = store.writeStatus(this.key, status, { uid: this.uid });
      if ("refused" in outcome) log.error("pod status refused", { pod: this.key.name, error: outcome.refused.message });
    }
    const ready = status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True");
    if (ready || facts.containers.some(hasFailed)) this.#endFirstReady();
    if (ready) this.#writeStartTimes();
  }

  /** Shows the times of the first start in an annotation. */
  #writeStartTimes(): void {
    if (this.#startTimesWritten) return;
    this.#startTimesWritten = true;
    const annotations = { "knap.dev/wake": JSON.stringify(this.#facts.startTimes) };
    this.#parts.store.patchMerge(this.key, { metadata: { annotations } });
  }

  /** Counts the first start as a node operation until the result is called: when the pod is ready or has failed. */
  #trackFirstReady(): () => void {
    const { nodeClock, track } = this.#parts;
    let end: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      end = resolve;
    });
    const timeout = nodeClock.at(nodeClock.now() + FIRST_READY_TIMEOUT_MS, end);
    this.#run("the first start", () => track(ready).finally(() => timeout[Symbol.dispose]()));
    return end;
  }
}

/** Returns true if the container cannot become ready without another pull or start. */
function hasFailed({ init, blocked, image, run, last }: ContainerFacts): boolean {
  return blocked !== undefined || image.state === "failed" || (!init && (run.state === "exited" || last !== undefined));
}
